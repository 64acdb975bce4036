// The connections of the API: a limited number, from which those without a token cannot keep the others out.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WeirError } from '../../model/base/errors.ts';

/** Maximum number of open connections of the API. */
const MAX_CONNECTIONS = 256;
/** Connections that are kept back: other tokens than the administrator's have the rest. */
const KEPT_BACK = 16;

/** Whose token the last request of a connection had. Everybody on the machine can open connections without one. */
type Caller = 'nobody' | 'administrator' | 'other';

interface Connection {
  readonly socket: Socket;
  caller: Caller;
}

export class ApiConnections {
  /** By the two ends of each connection, oldest first. */
  readonly #open = new Map<string, Connection>();
  readonly #idleMs: number;

  /** `idleMs`: time for which a connection without a token is kept after a response. */
  constructor(server: Server, idleMs: number) {
    this.#idleMs = idleMs;
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /**
   * To be called with each request that needs a token, before the token is looked at: a token that is refused makes
   * nobody of the caller.
   */
  forget({ socket }: IncomingMessage): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection !== undefined) connection.caller = 'nobody';
  }

  /**
   * To be called once the token of a request is known. Throws `SystemBusy` if other tokens than the administrator's have
   * as many connections as they may have.
   */
  admit({ socket }: IncomingMessage, isAdministrator: boolean): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection === undefined) return;
    if (isAdministrator) connection.caller = 'administrator';
    else if (this.#countOf('other') < MAX_CONNECTIONS - KEPT_BACK) connection.caller = 'other';
    else
      throw new WeirError('SystemBusy', 'The API has as many connections as it takes: close some, or try again later.');
  }

  /** The time for which a connection is kept after a response. `undefined` means as long as one with a token. */
  idleMs({ socket }: IncomingMessage): number | undefined {
    return this.#open.get(keyOf(socket))?.caller === 'nobody' ? this.#idleMs : undefined;
  }

  #accept(socket: Socket): void {
    // A client that has reset its connection is gone already.
    if (socket.remoteAddress === undefined || (this.#open.size >= MAX_CONNECTIONS && !this.#makeRoom())) {
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    this.#open.set(key, { socket, caller: 'nobody' });
    socket.once('close', () => {
      if (this.#open.get(key)?.socket === socket) this.#open.delete(key);
    });
  }

  /**
   * Ends the oldest connection without a token, whatever it has sent. A client with a token is younger than all that
   * were opened to keep it out, and shows its token within two round trips. Returns false if each connection has one.
   */
  #makeRoom(): boolean {
    for (const [key, { socket, caller }] of this.#open) {
      if (caller !== 'nobody') continue;
      socket.destroy();
      return this.#open.delete(key);
    }
    return false;
  }

  #countOf(caller: Caller): number {
    let count = 0;
    for (const connection of this.#open.values()) if (connection.caller === caller) count += 1;
    return count;
  }
}

/** The two ends of a connection as one text. With TLS, a request has another socket than the event of its connection. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}
