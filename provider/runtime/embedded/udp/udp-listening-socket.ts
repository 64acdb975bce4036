// One UDP address:port of the worker that owns it: it gives each client's datagrams to the client's session, and its responses back.
import type { RemoteInfo, Socket } from 'node:dgram';
import type { AccessLog } from '../access-log/access-log.ts';
import { datagramSocket, hasRoom } from '../io/datagram-socket.ts';
import { type Timed, unwatch, watch } from '../io/deadlines.ts';
import { queueEmptied } from '../io/queue-drain.ts';
import type { ListeningSocket } from '../serving/listening-socket.ts';
import type { ListeningSocketContext } from '../serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../serving/worker-listener.ts';
import type { Endpoint } from '../shared/endpoint.ts';
import { type SessionContext, UdpSession } from './session.ts';
import { SessionTable } from './session-table.ts';

const MAX_SESSIONS = 10_000;
/** A fault that comes with each datagram is told of once in this time. */
const LOG_INTERVAL_MS = 10_000;

export class UdpListeningSocket implements ListeningSocket, SessionContext, Timed {
  readonly endpoint: Endpoint;
  readonly #context: ListeningSocketContext;
  readonly #socket: Socket;
  readonly #sessions = new SessionTable<UdpSession>();
  #listener: WorkerListener | undefined;
  #received = 0;
  #loggedAtMs = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;

  /** Opens the socket without serving it: what comes before that is dropped. */
  static async open(endpoint: Endpoint, context: ListeningSocketContext): Promise<UdpListeningSocket> {
    const listeningSocket = new UdpListeningSocket(endpoint, context);
    try {
      await listeningSocket.#bind();
      return listeningSocket;
    } catch (error) {
      // Its descriptor is there since the call of bind, and nobody else has it.
      listeningSocket.#socket.close();
      throw error;
    }
  }

  private constructor(endpoint: Endpoint, context: ListeningSocketContext) {
    this.endpoint = endpoint;
    this.#context = context;
    // Shared although one worker has it: a changed address opens beside the old one, where one of them is a wildcard.
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
    if (!this.#listener) throw new Error('A session has a listener once its binding serves.');
    return this.#listener;
  }

  serve(listener: WorkerListener): void {
    const before = this.#listener;
    if (before === listener) return;
    this.#listener = listener;
    // Clients belong to the socket: they follow it to the listener that takes it over, whose targets are others.
    before?.counters.addOpen(-this.#sessions.size);
    listener.counters.addOpen(this.#sessions.size);
    for (const session of this.#sessions) session.leave();
  }

  respond(session: UdpSession, datagram: Buffer): void {
    this.#sessions.use(session.key, performance.now());
    if (hasRoom(this.#socket)) this.#socket.send(datagram, session.port, session.address);
  }

  onLocalFault(error: Error): void {
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

  /** A datagram says nothing of whether more will come: sessions live until the socket closes. */
  closeConnections(): void {}

  /** No session outlives the socket. */
  async empty(): Promise<void> {
    await this.#closed;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #bind(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { address, port } = this.endpoint;
    this.#socket.once('error', reject);
    this.#socket.bind({ address, port, exclusive: true }, () => {
      this.#socket.off('error', reject);
      this.#socket.on('error', (error) => this.onLocalFault(error));
      resolve();
    });
    return promise;
  }

  #receive(datagram: Buffer, { address, port }: RemoteInfo): void {
    this.#received++;
    const listener = this.#listener;
    // Nothing can be sent to port 0, so that it was made up.
    if (!listener || port === 0) return;
    const now = performance.now();
    const key = `${address} ${port}`;
    const known = this.#sessions.use(key, now);
    if (known) {
      known.send(datagram);
      return;
    }
    const session = new UdpSession(key, address, port, this);
    if (!session.send(datagram)) return;
    listener.counters.accepted();
    listener.counters.addOpen(1);
    this.#context.gauge.add(1);
    const max = Math.min(MAX_SESSIONS, listener.settings.maxConnections ?? MAX_SESSIONS);
    for (const oldest of this.#sessions.add(session, now, max)) this.#end(oldest);
    watch(this);
  }

  /** It is out of the table. */
  #end(session: UdpSession): void {
    session.end();
    this.#listener?.counters.addOpen(-1);
    this.#context.gauge.add(-1);
    if (this.#sessions.size === 0) unwatch(this);
  }

  async #close(): Promise<void> {
    if (this.#listener) await queueEmptied(() => this.#received);
    for (const session of this.#sessions.takeAll()) this.#end(session);
    this.#socket.close();
  }
}
