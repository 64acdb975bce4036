// A tunnel: two connections after a 101, with bytes, half-close and resets passed through until both sides have ended.

import { performance } from 'node:perf_hooks';
import type { Connection, ConnectionHandler } from '../../io/connection.ts';
import { type Timed, unwatch, watch } from '../../io/deadlines.ts';
import { OutputWatch } from '../../io/output-watch.ts';
import type { UnbindRule } from '../../serving/target.ts';
import type { ListenerSettings } from '../../shared/messages.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';
import { streamIdleMs } from './exchange-deadline.ts';

export class Tunnel implements UpstreamUser, ConnectionHandler, Timed {
  readonly #client: Connection;
  readonly #upstream: Upstream;
  readonly #idleTimeoutMs: number;
  readonly #onClientClose: (error: Error | undefined) => void;
  readonly #output = new OutputWatch();
  #idleDeadline = 0;
  #drainDeadline = Number.POSITIVE_INFINITY;
  #isClientClosed = false;

  /**
   * Takes both connections. The caller resumes the client's, which may be paused. `fromUpstream` and `fromClient` are
   * bytes that were read after the heads. `onClientClose` is called exactly once, as the last event of the client's
   * connection.
   */
  constructor(
    client: Connection,
    upstream: Upstream,
    fromUpstream: Buffer,
    fromClient: Buffer | undefined,
    settings: ListenerSettings,
    onClientClose: (error: Error | undefined) => void,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#idleTimeoutMs = streamIdleMs(settings);
    this.#onClientClose = onClientClose;
    client.handler = this;
    upstream.user = this;
    this.#touch();
    watch(this);
    // The bytes are copied, because they are in the target connection's read buffer and reading continues.
    if (fromUpstream.length > 0) client.write(Buffer.from(fromUpstream));
    if (fromClient !== undefined) upstream.socket.write(fromClient);
  }

  onData(chunk: Buffer): boolean {
    this.#touch();
    return this.#upstream.socket.write(chunk);
  }

  onEnd(): void {
    this.#upstream.socket.end();
  }

  onWritable(): void {
    this.#touch();
    this.#upstream.socket.resume();
  }

  onClose(error: Error | undefined): void {
    this.#isClientClosed = true;
    unwatch(this);
    if (error === undefined) this.#upstream.destroy();
    else this.#upstream.socket.reset();
    this.#onClientClose(error);
  }

  onUpstreamConnect(): void {}

  onUpstreamData(chunk: Buffer): boolean {
    this.#touch();
    return this.#client.write(chunk);
  }

  onUpstreamEnd(): void {
    this.#client.end();
  }

  onUpstreamWritable(): void {
    this.#touch();
    this.#client.resume();
  }

  /** Ends the client's side: by a FIN, after which the client still gets queued bytes, or by a reset after an error. */
  onUpstreamClose(isFailed: boolean): void {
    if (this.#isClientClosed) return;
    if (isFailed) this.#client.reset();
    else this.#client.end();
  }

  onUpstreamUnbind(rule: UnbindRule): void {
    if (rule.drainMs === 0) this.#reset();
    else this.#drainDeadline = performance.now() + rule.drainMs;
  }

  checkDeadline(now: number): void {
    if (now >= this.#drainDeadline) this.#reset();
    else if (now >= this.#idleDeadline)
      this.#output.look([this.#client, this.#upstream.socket], (moving) => {
        if (moving !== undefined) this.#touch();
        else if (performance.now() >= this.#idleDeadline) this.#reset();
      });
  }

  #reset(): void {
    this.#client.reset();
    this.#upstream.socket.reset();
  }

  #touch(): void {
    this.#idleDeadline = performance.now() + this.#idleTimeoutMs;
  }
}
