// A TCP flow: a client connection, the target picked for it, and the bytes between them until both sides are closed.
import { performance } from 'node:perf_hooks';
import { proxyHeader } from '../../contract/proxy-protocol.ts';
import { type ConnectionRecord, recordOf } from '../access-log/connection-record.ts';
import type { AcceptedSocket } from '../io/accepted-socket.ts';
import type { ConnectHandler, Connection, ConnectionEnds, ConnectionHandler } from '../io/connection.ts';
import { descriptors } from '../io/descriptors.ts';
import { OutputWatch } from '../io/output-watch.ts';
import { connect } from '../io/sockets.ts';
import { type Hold, isLocalFault, type Target, type UnbindRule } from '../serving/target.ts';
import type { ClientConnection, TcpListeningSocket } from '../serving/tcp-listening-socket.ts';

const CONNECT_TIMEOUT_MS = 5_000;
/** Targets that a flow tries: the first one and two others. */
const MAX_ATTEMPTS = 3;
const UNBOUND = 'the target was unbound';

export class TcpFlow implements ClientConnection, ConnectionHandler, Hold {
  readonly #listeningSocket: TcpListeningSocket;
  readonly #client: Connection;
  /** The flow's access log entry. `undefined` if there is no access log. */
  readonly #record: ConnectionRecord | undefined;
  #upstream: FlowUpstream | undefined;
  #target: Target | undefined;
  #isOpen = false;
  #isClientClosed = false;
  #isUpstreamClosed = false;
  /** Targets to which a connect failed. `undefined` for none. */
  #tried: Set<Target> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** Made when the flow has been idle for the first time. */
  #output: OutputWatch | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  #activeAtMs = 0;
  /** Why the flow failed or was closed early, for the access log. */
  #error: string | undefined;

  constructor(socket: AcceptedSocket, listeningSocket: TcpListeningSocket, named?: ConnectionEnds) {
    this.#listeningSocket = listeningSocket;
    this.#client = socket.toConnection(this, named);
    this.#record = recordOf(listeningSocket, this.#client);
    listeningSocket.track(this);
  }

  start(): void {
    // Until a target is connected, the client's bytes stay in the kernel and its TCP window closes.
    this.#client.pause();
    this.#connect();
  }

  /** Does nothing: a flow counts as busy for as long as it is open. */
  close(): void {}

  onData(chunk: Buffer): boolean {
    return this.#pump(chunk, this.#upstream?.socket);
  }

  onEnd(): void {
    this.#upstream?.socket.end();
  }

  onWritable(): void {
    this.#upstream?.socket.resume();
  }

  onClose(error: Error | undefined): void {
    this.#isClientClosed = true;
    if (error) this.#error ??= 'the client reset the connection';
    if (this.#isOpen) {
      if (error) this.#upstream?.socket.reset();
    } else {
      this.#abandonConnect();
    }
    this.#finish();
  }

  onUpstreamConnect(): void {
    const target = this.#target as Target;
    this.#isOpen = true;
    this.#error = undefined;
    target.connected();
    target.counters.connectEnded();
    target.counters.request();
    target.counters.opened();
    this.#activeAtMs = performance.now();
    const { idleTimeoutMs, proxyProtocol } = this.#listeningSocket.listener.settings;
    const client = this.#client;
    if (proxyProtocol) this.#upstream?.socket.write(proxyHeader(proxyProtocol, client.remote, client.local));
    this.#idleTimer = setTimeout(watchIdle, idleTimeoutMs, this);
    client.resume();
  }

  onUpstreamData(chunk: Buffer): boolean {
    return this.#pump(chunk, this.#client);
  }

  onUpstreamEnd(): void {
    this.#client.end();
  }

  onUpstreamWritable(): void {
    this.#client.resume();
  }

  /** Ignores the end of a connect that was abandoned. */
  onUpstreamClose(upstream: FlowUpstream, error: Error | undefined): void {
    if (this.#upstream !== upstream) return;
    if (!this.#isOpen) {
      this.#connectFailed(error);
      return;
    }
    this.#isUpstreamClosed = true;
    if (error) this.#error ??= 'the target reset the connection';
    if (error) this.#client.reset();
    this.#finish();
  }

  onUnbind(rule: UnbindRule): void {
    if (this.#isOpen) {
      if (rule.drainMs > 0) this.#drainTimer = setTimeout(() => this.#reset(UNBOUND), rule.drainMs);
      else this.#reset(UNBOUND);
      return;
    }
    this.#abandonConnect();
    this.#connect();
  }

  transferTo(target: Target): boolean {
    if (!this.#isOpen) return false;
    this.#target?.counters.closed();
    this.#target = target;
    target.hold(this);
    target.counters.opened();
    return true;
  }

  /** Picks a target and connects in one tick, so that no swap comes between them. */
  #connect(): void {
    const target = this.#listeningSocket.listener.targets.pick(this.#client, this.#tried);
    if (!target) {
      this.#error ??= 'no target takes traffic';
      this.#client.reset();
      return;
    }
    this.#target = target;
    target.hold(this);
    target.counters.connecting();
    this.#upstream = new FlowUpstream(this, target);
  }

  /** Ends the connect in progress, whose further events are then ignored. */
  #abandonConnect(): void {
    const upstream = this.#upstream;
    this.#target?.counters.connectEnded();
    this.#target?.release(this);
    this.#target = undefined;
    this.#upstream = undefined;
    upstream?.socket.destroy();
  }

  #connectFailed(error: Error | undefined): void {
    const target = this.#target as Target;
    this.#abandonConnect();
    const failure = error ?? new Error('the connection closed before it was established');
    target.connectFailed(failure);
    this.#error = failure.message;
    const mayTryAgain = isLocalFault(failure) && descriptors.makeRoom(target);
    this.#tried ??= new Set();
    if (!mayTryAgain) this.#tried.add(target);
    if (this.#tried.size < MAX_ATTEMPTS) this.#connect();
    else this.#client.reset();
  }

  /**
   * Passes bytes to the other side. Returns false if `to` still needs the chunk's memory: nothing may be read into it
   * until `to` is writable.
   */
  #pump(chunk: Buffer, to: Connection | undefined): boolean {
    this.#activeAtMs = performance.now();
    return to?.write(chunk) ?? true;
  }

  /**
   * Watches the idle timeout with one timer, which is set again only when it fires. Setting it for each chunk would
   * cost more than the chunk itself.
   */
  watchIdle(): void {
    const leftMs = this.#activeAtMs + this.#listeningSocket.listener.settings.idleTimeoutMs - performance.now();
    if (leftMs > 0) {
      this.#idleTimer = setTimeout(watchIdle, Math.ceil(leftMs), this);
      return;
    }
    this.#output ??= new OutputWatch();
    this.#output.look([this.#client, this.#upstream?.socket], (moving) => this.#idleEnded(moving !== undefined));
  }

  /** Ends the flow unless bytes came meanwhile, or the client or the target still takes what was written to it. */
  #idleEnded(isMoving: boolean): void {
    const isOver = performance.now() - this.#activeAtMs >= this.#listeningSocket.listener.settings.idleTimeoutMs;
    if (this.#isClientClosed && this.#isUpstreamClosed) return;
    if (isMoving || !isOver) {
      if (isMoving) this.#activeAtMs = performance.now();
      this.watchIdle();
      return;
    }
    this.#error ??= 'no data came from either side within the idle timeout';
    this.#client.destroy();
    this.#upstream?.socket.destroy();
  }

  #reset(reason: string): void {
    this.#error ??= reason;
    this.#client.reset();
    this.#upstream?.socket.reset();
  }

  #finish(): void {
    if (!this.#isClientClosed || (this.#isOpen && !this.#isUpstreamClosed)) return;
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#drainTimer);
    if (this.#isOpen) this.#target?.counters.closed();
    this.#target?.release(this);
    if (this.#record) this.#recordEnd(this.#record);
    this.#listeningSocket.untrack(this);
  }

  #recordEnd(record: ConnectionRecord): void {
    const tried = this.#tried ?? new Set();
    const target = this.#target ?? [...tried].at(-1);
    record.end({
      rule: undefined,
      target: target?.key,
      durationMs: performance.now() - record.startedAtMs,
      retries: tried.size,
      error: this.#error,
    });
  }
}

/** The connection of a flow to one target. */
class FlowUpstream implements ConnectHandler {
  readonly socket: Connection;
  readonly #flow: TcpFlow;

  constructor(flow: TcpFlow, { address, port }: Target) {
    this.#flow = flow;
    this.socket = connect({ address, port, timeoutMs: CONNECT_TIMEOUT_MS }, this);
  }

  onConnect(): void {
    this.#flow.onUpstreamConnect();
  }

  onData(chunk: Buffer): boolean {
    return this.#flow.onUpstreamData(chunk);
  }

  onEnd(): void {
    this.#flow.onUpstreamEnd();
  }

  onWritable(): void {
    this.#flow.onUpstreamWritable();
  }

  onClose(error: Error | undefined): void {
    this.#flow.onUpstreamClose(this, error);
  }
}

function watchIdle(flow: TcpFlow): void {
  flow.watchIdle();
}
