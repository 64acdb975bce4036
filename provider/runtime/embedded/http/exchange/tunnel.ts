// Two connections after a 101: bytes go through as they are, half-close and resets too, until both sides have ended.

import type { Connection, ConnectionHandler } from '../../io/connection.ts';
import { type Timed, unwatch, watch } from '../../io/deadlines.ts';
import type { UnbindRule } from '../../serving/target.ts';
import type { Upstream, UpstreamUser } from '../upstream/upstream.ts';

export class Tunnel implements UpstreamUser, ConnectionHandler, Timed {
  readonly #client: Connection;
  readonly #upstream: Upstream;
  readonly #idleTimeoutMs: number;
  readonly #onClientClose: (error: Error | undefined) => void;
  #idleDeadline = 0;
  #drainDeadline = Number.POSITIVE_INFINITY;
  #isClientClosed = false;

  /**
   * Takes both sockets over. `fromUpstream` and `fromClient`: what was read of them behind the heads.
   * `onClientClose` is called exactly once, as the client socket's last event.
   */
  constructor(
    client: Connection,
    upstream: Upstream,
    fromUpstream: Buffer,
    fromClient: Buffer | undefined,
    idleTimeoutMs: number,
    onClientClose: (error: Error | undefined) => void,
  ) {
    this.#client = client;
    this.#upstream = upstream;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#onClientClose = onClientClose;
    client.handler = this;
    upstream.user = this;
    this.#touch();
    watch(this);
    // Copied: the buffer is the upstream's read buffer, and its reading is not stopped here.
    if (fromUpstream.length > 0) client.write(Buffer.from(fromUpstream));
    if (fromClient !== undefined) upstream.socket.write(fromClient);
    client.resume();
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

  /** After a FIN of both sides what the client has not taken yet stays in its queue; anything else is a reset. */
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
    if (now >= this.#drainDeadline || now >= this.#idleDeadline) this.#reset();
  }

  #reset(): void {
    this.#client.reset();
    this.#upstream.socket.reset();
  }

  #touch(): void {
    this.#idleDeadline = performance.now() + this.#idleTimeoutMs;
  }
}
