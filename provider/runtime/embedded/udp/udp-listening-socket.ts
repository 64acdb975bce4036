// A UDP listening socket: it passes each client's datagrams to the client's session, and responses back to the client.
import type { BindOptions, RemoteInfo, Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import { shortageOf } from '../../contract/shortage.ts';
import type { Handle } from '../../handles/bindings.ts';
import type { AccessLog } from '../access-log/access-log.ts';
import { datagramSocket, hasRoom } from '../io/datagram-socket.ts';
import { type Timed, unwatch, watch } from '../io/deadlines.ts';
import { descriptors } from '../io/descriptors.ts';
import { queueEmptied } from '../io/queue-drain.ts';
import type { ListeningSocket } from '../serving/listening-socket.ts';
import type { ListeningSocketContext } from '../serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import { type Endpoint, endpointName } from '../shared/endpoint.ts';
import { type SessionContext, UdpSession } from './session.ts';
import { MAX_SESSIONS, SessionTable } from './session-table.ts';

/** Minimum time between two log lines about faults that may come with every datagram. */
const LOG_INTERVAL_MS = 10_000;

export class UdpListeningSocket implements ListeningSocket, SessionContext, Timed {
  readonly endpoint: Endpoint;
  readonly #context: ListeningSocketContext;
  readonly #socket: Socket;
  readonly #sessions = new SessionTable<UdpSession>();
  /** Target keys of the sessions that the process before this one had. */
  readonly #carried: Readonly<Record<string, string>>;
  #listener: WorkerListener | undefined;
  #received = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;

  /**
   * Opens a listening socket. Datagrams that arrive before a listener serves are dropped. `handles`: the bound socket to
   * read from; without it, it binds one.
   */
  static async open(
    endpoint: Endpoint,
    context: ListeningSocketContext,
    handles?: readonly Handle[],
  ): Promise<UdpListeningSocket> {
    const listeningSocket = new UdpListeningSocket(endpoint, context);
    try {
      await listeningSocket.#bind(handles?.[0]);
      return listeningSocket;
    } catch (error) {
      // A failed bind has already created the socket's descriptor, which nothing else would close.
      listeningSocket.#socket.close();
      throw error;
    }
  }

  private constructor(endpoint: Endpoint, context: ListeningSocketContext) {
    this.endpoint = endpoint;
    this.#context = context;
    this.#carried = context.udpSessions?.[endpointName(endpoint)] ?? {};
    // The port is shared although only one worker opens it: after an address change the new socket opens beside the old
    // one. If one of the two addresses is a wildcard, both sockets are on one port for a moment.
    this.#socket = datagramSocket(endpoint.address, { reusePort: context.isPortShared });
    this.#socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  get isServing(): boolean {
    return this.#listener !== undefined;
  }

  get accessLog(): AccessLog | undefined {
    return this.#context.accessLog;
  }

  get listener(): WorkerListener {
    if (!this.#listener) throw new Error('A listening socket has no listener before it serves.');
    return this.#listener;
  }

  serve(listener: WorkerListener): void {
    const before = this.#listener;
    if (before === listener) return;
    this.#listener = listener;
    // Sessions stay with the socket when it is transferred to another listener. They leave their targets, because the
    // other listener has targets of its own.
    before?.counters.addOpen(-this.#sessions.size);
    listener.counters.addOpen(this.#sessions.size);
    for (const session of this.#sessions) session.leave();
  }

  respond(session: UdpSession, datagram: Buffer): void {
    this.#sessions.use(session.key, performance.now());
    if (hasRoom(this.#socket)) this.#socket.send(datagram, session.port, session.address);
  }

  onLocalFault(session: UdpSession, error: Error): boolean {
    const shortage = shortageOf(error);
    if (shortage !== undefined) this.#context.onShortage?.(shortage);
    const oldest = this.#sessions.takeOldest(session);
    if (oldest) this.#end(oldest);
    else this.#logDrop(error);
    return oldest !== undefined;
  }

  #logDrop(error: Error): void {
    const now = performance.now();
    if (now - this.#loggedAtMs < LOG_INTERVAL_MS) return;
    this.#loggedAtMs = now;
    const { address, port } = this.endpoint;
    this.#context.log('warn', 'datagrams are dropped', { address, port, error: `${error}` });
  }

  checkDeadline(now: number): void {
    const idleMs = this.#listener?.settings.idleTimeoutMs ?? 0;
    for (const session of this.#sessions.takeIdle(now, idleMs)) this.#end(session);
  }

  /** Does nothing: it is unknown whether a client will send more, so sessions live until the socket closes. */
  closeConnections(): void {}

  /** Resolves when the socket is closed, because no session outlives it. */
  async empty(): Promise<void> {
    await this.#closed;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #bind(handle: Handle | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { address, port } = this.endpoint;
    this.#socket.once('error', reject).once('listening', () => {
      this.#socket.off('error', reject);
      this.#socket.on('error', (error) => this.#logDrop(error));
      resolve();
    });
    // Node binds a socket to a handle too, for the handles that it passes between processes; its types do not know it.
    if (handle !== undefined) this.#socket.bind(handle as BindOptions);
    else this.#socket.bind({ address, port, exclusive: true });
    return promise;
  }

  #receive(datagram: Buffer, { address, port }: RemoteInfo): void {
    this.#received++;
    const listener = this.#listener;
    // A datagram from port 0 is forged, because nothing can be sent back to it.
    if (!listener || port === 0) return;
    if (!listener.clientLimits.admits(address)) {
      listener.counters.denied();
      return;
    }
    const now = performance.now();
    const key = `${address} ${port}`;
    const known = this.#sessions.use(key, now);
    if (known) {
      known.send(datagram);
      return;
    }
    if (!listener.clientLimits.takeConnection(listener.settings)) {
      listener.counters.connectionLimited();
      return;
    }
    if (!this.#takeDescriptor()) {
      this.#logDrop(new Error('other sessions have all descriptors that sessions may use'));
      return;
    }
    const session = new UdpSession(key, address, port, this, this.#carried[key]);
    if (!session.send(datagram)) {
      descriptors.giveSession();
      return;
    }
    listener.counters.accepted();
    listener.counters.addOpen(1);
    const max = Math.min(MAX_SESSIONS, listener.settings.maxConnections ?? MAX_SESSIONS);
    for (const oldest of this.#sessions.add(session, now, max)) this.#end(oldest);
    watch(this);
  }

  /**
   * Takes a descriptor for a new session. If none is left, the least recently used session ends, and a second one,
   * because this socket may have more than its part now that other listeners have sessions too.
   */
  #takeDescriptor(): boolean {
    if (descriptors.takeSession(this.#sessions.size)) return true;
    const ended = [this.#sessions.takeOldest(), this.#sessions.takeOldest()].filter((session) => session !== undefined);
    for (const session of ended) this.#end(session);
    if (ended.length > 0) descriptors.replaceSession();
    return ended.length > 0;
  }

  /** The target key of each client whose session has a target, by the client's address and port. */
  sessionTargets(): Record<string, string> {
    const targets = [...this.#sessions].flatMap(({ key, targetKey }) =>
      targetKey === undefined ? [] : [[key, targetKey] as const],
    );
    return Object.fromEntries(targets);
  }

  /** Ends a session that is no longer in the table. */
  #end(session: UdpSession): void {
    session.end();
    this.#listener?.counters.addOpen(-1);
    descriptors.giveSession();
    if (this.#sessions.size === 0) unwatch(this);
  }

  async #close(): Promise<void> {
    if (this.#listener) await queueEmptied(() => this.#received);
    for (const session of this.#sessions.takeAll()) this.#end(session);
    this.#socket.close();
  }
}
