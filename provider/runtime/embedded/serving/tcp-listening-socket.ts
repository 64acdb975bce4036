// One listening TCP address:port of a worker: it gives accepted sockets to the protocol of the listener that it serves.
import * as net from 'node:net';
import type { Protocol } from '../../contract/snapshot.ts';
import type { AccessLog } from '../access-log/access-log.ts';
import { MAX_QUEUED, queueEmptied } from '../io/queue-drain.ts';
import type { ConnectionGauge } from '../shared/counters.ts';
import type { Endpoint } from '../shared/endpoint.ts';
import type { Log } from '../shared/messages.ts';
import type { ListeningSocket } from './listening-socket.ts';
import type { WorkerListener } from './worker-listener.ts';

/** Takes over a socket that was accepted paused, and tracks it in this tick. */
export type AcceptClient = (socket: net.Socket, listeningSocket: TcpListeningSocket) => void;

/** Turns away a socket that was accepted paused; it is no connection of the listener. */
export type RejectClient = (socket: net.Socket, listener: WorkerListener) => void;

/** An open client connection, as its protocol keeps it. */
export interface ClientConnection {
  /** Finishes what is under way, then closes; an idle connection closes now. */
  close(): void;
}

/** Those that come over TCP. */
export type StreamProtocol = Exclude<Protocol, 'UDP'>;

export interface ListeningSocketContext {
  readonly acceptors: Readonly<Record<StreamProtocol, AcceptClient>>;
  /** How a client beyond the listener's limit hears of it; without one it is reset. */
  readonly rejecters: Readonly<Partial<Record<StreamProtocol, RejectClient>>>;
  readonly gauge: ConnectionGauge;
  /** Undefined: there is none. */
  readonly accessLog?: AccessLog | undefined;
  readonly isPortShared: boolean;
  readonly log: Log;
}

export class TcpListeningSocket implements ListeningSocket {
  readonly endpoint: Endpoint;
  readonly #context: ListeningSocketContext;
  readonly #server: net.Server;
  #listener: WorkerListener | undefined;
  /** Accepted before the binding serves: paused, nothing was read. */
  #held: net.Socket[] = [];
  #accepted = 0;
  #isClosing = false;
  #closed: Promise<void> | undefined;
  readonly #connections = new Set<ClientConnection>();
  #emptied: PromiseWithResolvers<void> | undefined;

  /** Opens the socket without serving it. */
  static async open(endpoint: Endpoint, context: ListeningSocketContext): Promise<TcpListeningSocket> {
    const listeningSocket = new TcpListeningSocket(endpoint, context);
    await listeningSocket.#listen();
    return listeningSocket;
  }

  private constructor(endpoint: Endpoint, context: ListeningSocketContext) {
    this.endpoint = endpoint;
    this.#context = context;
    this.#server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /** A kept-alive client's next request goes by the listener of that moment. */
  get listener(): WorkerListener {
    if (!this.#listener) throw new Error('A binding has no listener before it serves.');
    return this.#listener;
  }

  /** It closes for good: its clients are asked to go elsewhere. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get accessLog(): AccessLog | undefined {
    return this.#context.accessLog;
  }

  get isServing(): boolean {
    return this.#listener !== undefined;
  }

  /** Begins to serve, or changes the listener in place. */
  serve(listener: WorkerListener): void {
    // Open connections belong to the socket: they follow it to the listener that takes it over.
    this.#listener?.counters.addOpen(-this.#connections.size);
    listener.counters.addOpen(this.#connections.size);
    this.#listener = listener;
    const held = this.#held;
    this.#held = [];
    for (const socket of held) this.#hand(socket, listener);
  }

  track(connection: ClientConnection): void {
    this.#connections.add(connection);
    this.#context.gauge.add(1);
  }

  untrack(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#context.gauge.add(-1);
    this.#listener?.counters.addOpen(-1);
    if (this.#connections.size === 0) this.#emptied?.resolve();
  }

  /** Resolves when no client connection is open; to be asked for once it is closed. */
  async empty(): Promise<void> {
    if (this.#connections.size === 0) return;
    this.#emptied ??= Promise.withResolvers();
    await this.#emptied.promise;
  }

  /** Stops listening; resolves when the socket is closed. Open connections live on. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  closeConnections(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  #listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { address, port } = this.endpoint;
    this.#server.once('error', reject);
    // The kernel cuts the backlog at net.core.somaxconn.
    this.#server.listen({ host: address, port, backlog: MAX_QUEUED, reusePort: this.#context.isPortShared }, () => {
      this.#server.off('error', reject);
      // An accept that fails (EMFILE) must not end the worker and with it every other connection.
      this.#server.on('error', (error) =>
        this.#context.log('warn', 'accept failed', { address, port, error: `${error}` }),
      );
      resolve();
    });
    return promise;
  }

  #accept(socket: net.Socket): void {
    this.#accepted++;
    if (this.#listener) this.#hand(socket, this.#listener);
    else if (this.#isClosing) socket.resetAndDestroy();
    else this.#held.push(socket);
  }

  #hand(socket: net.Socket, listener: WorkerListener): void {
    const { maxConnections, protocol } = listener.settings;
    // Of a listener that has become UDP: its targets are none for what came before that.
    if (protocol === 'UDP') {
      socket.resetAndDestroy();
      return;
    }
    if (maxConnections === undefined) {
      listener.counters.addOpen(1);
    } else if (!listener.counters.reserveOpen(maxConnections)) {
      const reject = this.#context.rejecters[protocol];
      if (reject) reject(socket, listener);
      else socket.resetAndDestroy();
      return;
    }
    listener.counters.accepted();
    this.#context.acceptors[protocol](socket, this);
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const socket of this.#held.splice(0)) socket.resetAndDestroy();
    // Closing resets what waits in the accept queue, with SO_REUSEPORT too.
    if (this.#listener) await queueEmptied(() => this.#accepted);
    // Not its callback: that also waits for connections, and handles that were taken over are not counted.
    this.#server.close();
  }
}
