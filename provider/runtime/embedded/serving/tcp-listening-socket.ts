// A TCP listening socket of a worker, which passes accepted sockets to the protocol of its listener.

import * as net from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Shortage } from '../../contract/shortage.ts';
import type { Protocol } from '../../contract/snapshot.ts';
import type { Handle } from '../../handles/bindings.ts';
import type { AccessLog } from '../access-log/access-log.ts';
import type { AcceptedSocket } from '../io/accepted-socket.ts';
import type { ConnectionEnds } from '../io/connection.ts';
import { descriptors } from '../io/descriptors.ts';
import { MAX_QUEUED, queueEmptied } from '../io/queue-drain.ts';
import { acceptedRest, acceptFrom } from '../io/sockets.ts';
import type { CarriedSessions } from '../shared/carried-state.ts';
import type { Endpoint } from '../shared/endpoint.ts';
import type { Log } from '../shared/messages.ts';
import type { ListeningSocket } from './listening-socket.ts';
import { ProxyHeaderWait } from './proxy-header-wait.ts';
import type { WorkerListener } from './worker-listener.ts';

/**
 * Takes a socket that was accepted paused, and tracks its connection in the same tick. `named` are the ends of the
 * client's connection if a PROXY header named them.
 */
export type AcceptClient = (
  socket: AcceptedSocket,
  listeningSocket: TcpListeningSocket,
  named?: ConnectionEnds,
) => void;

/** Why a client is rejected: the listener has too many connections, or too many new ones at this moment. */
export type Rejection = 'maxConnections' | 'connectionsPerSecond';

/** Rejects a socket that was accepted paused. It never becomes a connection of the listener. */
export type RejectClient = (socket: AcceptedSocket, listener: WorkerListener, why: Rejection) => void;

/** An open client connection on a TCP listening socket. */
export interface ClientConnection {
  /** Closes the connection: at once if it is idle, otherwise when it is finished. */
  close(): void;
}

/** Protocols of listeners that use TCP. */
export type StreamProtocol = Exclude<Protocol, 'UDP'>;

export interface ListeningSocketContext {
  readonly acceptors: Readonly<Record<StreamProtocol, AcceptClient>>;
  /** Rejects a client above the listener's connection limit. A protocol without a rejecter resets the connection. */
  readonly rejecters: Readonly<Partial<Record<StreamProtocol, RejectClient>>>;
  /** The worker's access log. `undefined` if there is none. */
  readonly accessLog?: AccessLog | undefined;
  readonly isPortShared: boolean;
  /** The UDP sessions of the process before this one. */
  readonly udpSessions?: CarriedSessions;
  readonly log: Log;
  /** Called for each connection or datagram to a target that the runtime was too short of something to begin. */
  readonly onShortage?: (shortage: Shortage) => void;
}

/** Minimum time between two log lines about clients that are rejected. */
const LOG_INTERVAL_MS = 10_000;

export class TcpListeningSocket implements ListeningSocket {
  readonly endpoint: Endpoint;
  readonly #context: ListeningSocketContext;
  /** One server for each socket; more than one after a take-over from a process with more workers. */
  readonly #servers: net.Server[] = [];
  #listener: WorkerListener | undefined;
  /** Sockets that were accepted before a listener serves: they are paused, and nothing was read. */
  #held: AcceptedSocket[] = [];
  #accepted = 0;
  #isClosing = false;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;
  readonly #connections = new Set<ClientConnection>();
  #emptied: PromiseWithResolvers<void> | undefined;

  /**
   * Opens a listening socket without serving a listener on it. `handles`: bound sockets to listen on; without them, it
   * binds one.
   */
  static async open(
    endpoint: Endpoint,
    context: ListeningSocketContext,
    handles?: readonly Handle[],
  ): Promise<TcpListeningSocket> {
    const listeningSocket = new TcpListeningSocket(endpoint, context);
    try {
      await Promise.all((handles ?? [undefined]).map((handle) => listeningSocket.#listen(handle)));
    } catch (error) {
      for (const server of listeningSocket.#servers) server.close();
      throw error;
    }
    return listeningSocket;
  }

  private constructor(endpoint: Endpoint, context: ListeningSocketContext) {
    this.endpoint = endpoint;
    this.#context = context;
  }

  /** The present listener. The next request of a kept-alive client uses the listener of that moment. */
  get listener(): WorkerListener {
    if (!this.#listener) throw new Error('A listening socket has no listener before it serves.');
    return this.#listener;
  }

  /** True once the listening socket closes: its clients must connect elsewhere. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  get accessLog(): AccessLog | undefined {
    return this.#context.accessLog;
  }

  get isServing(): boolean {
    return this.#listener !== undefined;
  }

  /** Begins to serve a listener, or passes the socket and its clients to another listener. */
  serve(listener: WorkerListener): void {
    // Open connections belong to the socket and stay with it when it is transferred to another listener.
    this.#listener?.counters.addOpen(-this.#connections.size);
    listener.counters.addOpen(this.#connections.size);
    this.#listener = listener;
    const held = this.#held;
    this.#held = [];
    for (const socket of held) this.#hand(socket, listener);
  }

  track(connection: ClientConnection): void {
    this.#connections.add(connection);
  }

  untrack(connection: ClientConnection): void {
    if (!this.#connections.delete(connection)) return;
    descriptors.giveClient();
    this.#listener?.counters.addOpen(-1);
    if (this.#connections.size === 0) this.#emptied?.resolve();
  }

  /** Resolves when no client connection is open. Call it only after `close`. */
  async empty(): Promise<void> {
    if (this.#connections.size === 0) return;
    this.#emptied ??= Promise.withResolvers();
    await this.#emptied.promise;
  }

  /** Stops listening. Resolves when the socket is closed; open connections continue. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  closeConnections(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  #listen(handle: Handle | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { address, port } = this.endpoint;
    const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
    server.once('error', reject).once('listening', () => {
      server.off('error', reject);
      acceptFrom(server, (socket) => this.#accept(socket));
      // A failed accept (EMFILE) must not end the worker and with it all other connections.
      server.on('error', (error) =>
        this.#context.log('warn', 'cannot accept a connection', { address, port, error: `${error}` }),
      );
      this.#servers.push(server);
      resolve();
    });
    // The kernel caps the backlog at net.core.somaxconn.
    if (handle !== undefined) server.listen(handle, MAX_QUEUED);
    else server.listen({ host: address, port, backlog: MAX_QUEUED, reusePort: this.#context.isPortShared });
    return promise;
  }

  #accept(socket: AcceptedSocket): void {
    this.#accepted++;
    if (this.#listener) this.#hand(socket, this.#listener);
    else if (this.#isClosing) socket.reset();
    else this.#held.push(socket);
  }

  #hand(socket: AcceptedSocket, listener: WorkerListener): void {
    const { protocol } = listener.settings;
    // The listener has changed to UDP, so that its targets cannot serve a TCP connection.
    if (protocol === 'UDP') {
      socket.reset();
      return;
    }
    // HTTP clients get a response to each request, because a trusted proxy may name another client in the next one.
    const isDenied = protocol === 'TCP' && !listener.awaitsProxyHeader(socket) && this.#isDenied(socket.remoteAddress);
    if (isDenied) {
      socket.reset();
      return;
    }
    const rejection = this.#rejectionOf(listener);
    if (rejection !== undefined) {
      const reject = this.#context.rejecters[protocol];
      // No TLS handshake can begin before the PROXY header.
      const isHidden = protocol === 'HTTPS' && listener.awaitsProxyHeader(socket);
      if (reject && !isHidden) reject(socket, listener, rejection);
      else socket.reset();
      return;
    }
    listener.counters.accepted();
    if (listener.awaitsProxyHeader(socket)) this.#awaitProxyHeader(socket);
    else this.#context.acceptors[protocol](socket, this);
  }

  /** Reads the PROXY header of a client, which has its place under the listener's limit already. */
  #awaitProxyHeader(socket: AcceptedSocket): void {
    const { remoteAddress } = socket;
    const onHeader = (rest: net.Socket, named: ConnectionEnds | undefined) => {
      const { listener } = this;
      const { protocol } = listener.settings;
      // The listening socket may be transferred to a listener with other senders, or the senders may have changed.
      const isRefused = protocol === 'UDP' || !listener.awaitsProxyHeader({ remoteAddress });
      if (isRefused || (protocol === 'TCP' && this.#isDenied(named?.remote.address ?? remoteAddress))) {
        rest.resetAndDestroy();
        this.untrack(wait);
        return;
      }
      this.#connections.delete(wait);
      this.#context.acceptors[protocol](acceptedRest(rest), this, named);
    };
    const onFailed = () => {
      this.#listener?.counters.proxyHeaderRejected();
      this.untrack(wait);
      this.#logRejected('a client is rejected, because it sent no valid PROXY header', { client: remoteAddress });
    };
    const wait = new ProxyHeaderWait(socket.toSocket(), onHeader, onFailed);
    this.track(wait);
  }

  /** Counts a client that may not use the listener. */
  #isDenied(address: string): boolean {
    const { clientLimits, counters } = this.listener;
    const isDenied = !clientLimits.admits(address);
    if (isDenied) counters.denied();
    return isDenied;
  }

  /** Why a new client is rejected. If it is not, it has taken its place. */
  #rejectionOf(listener: WorkerListener): Rejection | undefined {
    if (!listener.clientLimits.takeConnection(listener.settings)) {
      listener.counters.connectionLimited();
      return 'connectionsPerSecond';
    }
    return this.#reserve(listener) ? undefined : 'maxConnections';
  }

  /** Takes a place under the listener's limit, and the descriptors that the client needs. */
  #reserve({ settings, counters }: WorkerListener): boolean {
    const { maxConnections } = settings;
    if (!descriptors.takeClient(counters.open, maxConnections !== undefined)) {
      counters.connectionRejected();
      this.#logRejected('clients are rejected, because the limit of open files leaves no more to this listener');
      return false;
    }
    const isReserved = counters.reserveOpen(maxConnections);
    if (!isReserved) descriptors.giveClient();
    return isReserved;
  }

  #logRejected(message: string, more: Readonly<Record<string, unknown>> = {}): void {
    const now = performance.now();
    if (now - this.#loggedAtMs < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = now;
    const { address, port } = this.endpoint;
    this.#context.log('warn', message, { address, port, ...more });
  }

  async #close(): Promise<void> {
    this.#isClosing = true;
    for (const socket of this.#held.splice(0)) socket.reset();
    // Closing resets the connections that wait in the accept queue, with SO_REUSEPORT too.
    if (this.#listener) await queueEmptied(() => this.#accepted);
    // close() is not awaited: its callback waits for open connections, and does not count connections whose handles
    // were taken.
    for (const server of this.#servers) server.close();
  }
}
