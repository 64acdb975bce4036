// The connections of the API: a limited number, of which the last ones are kept back for the administrator.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WeirError } from '../../model/base/errors.ts';

/** Maximum number of open connections of the API. */
const MAX_CONNECTIONS = 256;
/** Connections that are kept back: beyond the others, each request must have the administrator's token. */
const KEPT_BACK = 16;
/** Time in which a connection that is kept back has to present the administrator's token. */
const PROOF_MS = 5_000;

export class ApiConnections {
  #count = 0;
  /** Connections beyond the limit for everybody, oldest first, with the administrator's proof. */
  readonly #keptBack = new Map<string, { readonly socket: Socket; isProven: boolean }>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /**
   * Throws `SystemBusy` if the request came over a connection that is kept back for the administrator. To be called
   * with each request, once its caller is known.
   */
  admit({ socket }: IncomingMessage, isAdministrator: boolean): void {
    const kept = this.#keptBack.get(keyOf(socket));
    if (kept === undefined) return;
    if (isAdministrator) kept.isProven = true;
    else
      throw new WeirError('SystemBusy', 'The API has as many connections as it takes: close some, or try again later.');
  }

  /** Whether the request came over a connection that is kept back, which therefore has to be closed after a response. */
  isKeptBack({ socket }: IncomingMessage): boolean {
    return this.#keptBack.get(keyOf(socket))?.isProven === false;
  }

  #accept(socket: Socket): void {
    if (this.#count >= MAX_CONNECTIONS && !this.#makeRoom()) {
      socket.destroy();
      return;
    }
    this.#count += 1;
    const key = keyOf(socket);
    const isKeptBack = this.#count > MAX_CONNECTIONS - KEPT_BACK;
    if (isKeptBack) this.#keptBack.set(key, { socket, isProven: false });
    const timer = isKeptBack ? setTimeout(() => this.#endUnlessProven(key), PROOF_MS) : undefined;
    socket.once('close', () => {
      clearTimeout(timer);
      this.#count -= 1;
      this.#keptBack.delete(key);
    });
  }

  /** Ends the oldest connection that has not presented the administrator's token. Returns false if there is none. */
  #makeRoom(): boolean {
    const oldest = [...this.#keptBack].find(([, { isProven, socket }]) => !isProven && !socket.destroyed);
    if (oldest === undefined) return false;
    oldest[1].socket.destroy();
    return true;
  }

  #endUnlessProven(key: string): void {
    const kept = this.#keptBack.get(key);
    if (kept?.isProven === false) kept.socket.destroy();
  }
}

/** The two ends of a connection as one text. With TLS, a request has another socket than the event of its connection. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
