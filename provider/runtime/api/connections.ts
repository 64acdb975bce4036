// The connections of the API: their number is limited, and connections without a token give way to all others.
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { WeirError } from '../../model/base/errors.ts';

/** Maximum number of open connections of the API, however many files the process may open. */
const MAX_CONNECTIONS = 256;
/**
 * Number of connections that are kept for the administrator's token, but not more than a quarter of all. All other
 * tokens together may have the rest.
 */
const KEPT_BACK = 16;

interface ApiConnectionsOptions {
  /** Time for which a connection without a token is kept after a response. */
  readonly idleMs: number;
  /** Returns how many connections there may be at present. `undefined` means `MAX_CONNECTIONS`. */
  readonly max?: (() => number) | undefined;
}

/** The owner of the token in the last request of a connection. Everybody can open connections without a token. */
type Caller = 'nobody' | 'administrator' | 'other';

interface Connection {
  readonly socket: Socket;
  caller: Caller;
}

export class ApiConnections {
  /** The open connections by their two ends, oldest first. */
  readonly #open = new Map<string, Connection>();
  readonly #idleMs: number;
  readonly #most: () => number;

  constructor(server: Server, { idleMs, max = () => MAX_CONNECTIONS }: ApiConnectionsOptions) {
    this.#idleMs = idleMs;
    this.#most = max;
    server.on('connection', (socket: Socket) => this.#accept(socket));
  }

  /**
   * Makes the caller of a connection nobody. Must be called with each request that needs a token, before the token is
   * checked, so that a caller whose token is refused stays nobody.
   */
  forget({ socket }: IncomingMessage): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection !== undefined) connection.caller = 'nobody';
  }

  /**
   * Records the caller of a connection. Must be called with each request whose token was accepted. Throws `SystemBusy` if
   * the tokens other than the administrator's have as many connections as they may have.
   */
  admit({ socket }: IncomingMessage, isAdministrator: boolean): void {
    const connection = this.#open.get(keyOf(socket));
    if (connection === undefined) return;
    if (isAdministrator) connection.caller = 'administrator';
    else if (this.#countOf('other') < this.#max - Math.min(KEPT_BACK, this.#max / 4)) connection.caller = 'other';
    else
      throw new WeirError('SystemBusy', 'The API has as many connections as it takes: close some, or try again later.');
  }

  /** The time for which a connection is kept after a response. `undefined` if the connection has a token. */
  idleMs({ socket }: IncomingMessage): number | undefined {
    return this.#open.get(keyOf(socket))?.caller === 'nobody' ? this.#idleMs : undefined;
  }

  get #max(): number {
    return Math.min(this.#most(), MAX_CONNECTIONS);
  }

  #accept(socket: Socket): void {
    // A client that has reset its connection is gone already.
    if (socket.remoteAddress === undefined || (this.#open.size >= this.#max && !this.#makeRoom())) {
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
   * Ends the oldest connection without a token, whatever it has sent. A client with a token comes after the connections
   * that were opened to keep it out, and shows its token within two round trips, before its own connection is the oldest.
   * Returns false if each connection has a token.
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
