// A plain TCP connection directly on a libuv handle, without a net.Socket: one read buffer serves a whole thread.

import type { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { libuvError } from '../../handles/libuv-error.ts';
import {
  type ConnectHandler,
  type ConnectionEnds,
  type ConnectionHandler,
  type ConnectTarget,
  KEEP_ALIVE_MS,
} from './connection.ts';
import { type Timed, unwatch, watch } from './deadlines.ts';
import { descriptors } from './descriptors.ts';
import { HandleConnection, owned } from './handle-connection.ts';
import { bindings, type TcpHandle } from './raw-handles.ts';
import { QUEUED, writeTo } from './raw-writes.ts';
import { giveReadBuffer, PRIVATE_BYTES, takeReadBuffer, threadBuffer, threadChunk } from './read-buffers.ts';

const { TCP, TCPConnectWrap, streamBaseState, kReadBytesOrError } = bindings;

/** A read of fewer bytes ends the use of a private buffer: a large body is over, and many connections may follow. */
const SMALL_BYTES = 8 * 1024;
/** Age from which a connection to a target has TCP keep-alive, whose first probe comes much later. */
const KEEP_ALIVE_AFTER_MS = 1_000;

export class RawConnection extends HandleConnection implements Timed {
  /** The read buffer of this connection alone. `undefined` while it reads into the thread's buffer. */
  #private: Buffer | undefined;
  /** True if the chunk in the private buffer is still needed: `onData` returned `false` for it. */
  #isLent = false;
  /** The target, until TCP keep-alive is on. `undefined` for a client's connection. */
  #target: ConnectTarget | undefined;
  /** The end of the time for the connect, by `performance.now()`. */
  #connectUntilMs = 0;
  /** True for a connection to a target, which is counted until it is closed. */
  #isUpstream = false;

  /**
   * Connects to a target. A failed or timed-out connect is reported by `onClose(error)` without `onConnect`. Reading
   * starts when the connection is established.
   */
  static connect(target: ConnectTarget, handler: ConnectHandler): RawConnection {
    const handle = new TCP(bindings.constants.SOCKET);
    const connection = new RawConnection(handle, handler, undefined);
    handle.setNoDelay(true);
    connection.#connect(target);
    return connection;
  }

  /** Takes the handle of an accepted connection. Reading starts at once. `named` are the ends of a PROXY header. */
  static accept(handle: TcpHandle, handler: ConnectionHandler, named?: ConnectionEnds): RawConnection {
    const connection = new RawConnection(handle, handler, named);
    connection.resume();
    return connection;
  }

  write(chunk: Buffer | string): boolean {
    if (chunk.length === 0 || !this.isOpen) return !this.isBlocked;
    const result = writeTo(this.handle, chunk);
    if (result < 0) {
      this.failLate(result);
      return false;
    }
    this.bytesWritten += chunk.length;
    if (result === QUEUED) {
      this.queued++;
      this.isBlocked = true;
    }
    return !this.isBlocked;
  }

  override resume(): void {
    this.#isLent = false;
    super.resume();
  }

  read(): Buffer | undefined {
    const bytes = streamBaseState[kReadBytesOrError] as number;
    if (this.isDestroyed) return undefined;
    if (bytes < 0) {
      this.readEnded(bytes);
      return undefined;
    }
    if (bytes === 0) return undefined;
    this.bytesRead += bytes;
    const chunk = this.#private === undefined ? threadChunk(bytes) : this.#private.subarray(0, bytes);
    const isTaken = this.handler.onData(chunk);
    if (this.isDestroyed) {
      this.#isLent = !isTaken;
      return undefined;
    }
    if (!isTaken) {
      this.#isLent = this.#private !== undefined;
      this.pause();
    }
    return this.#nextBuffer(isTaken, bytes);
  }

  /** Takes the end of the connect. */
  connected(status: number): void {
    if (this.isDestroyed) return;
    if (status < 0) {
      this.#connectFailed(status);
      return;
    }
    this.isConnecting = false;
    (this.handler as ConnectHandler).onConnect();
    this.shutDownIfDue();
    if (!this.isPaused) this.resume();
  }

  /**
   * Ends a connect that takes too long. A connection that has lasted for a whole interval of the timer gets TCP
   * keep-alive, which takes four system calls; most connections of clients without keep-alive end before.
   */
  checkDeadline(now: number): void {
    const target = this.#target;
    if (target === undefined || this.isDestroyed) return;
    if (!this.isConnecting) {
      if (now < this.#connectUntilMs - target.timeoutMs + KEEP_ALIVE_AFTER_MS) return;
      this.#target = undefined;
      unwatch(this);
      this.handle.setKeepAlive(true, KEEP_ALIVE_MS / 1000);
    } else if (now >= this.#connectUntilMs) {
      const { address, port, timeoutMs } = target;
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      this.fail(Object.assign(error, { code: 'ETIMEDOUT' }));
    }
  }

  wrote(status: number): void {
    this.queued--;
    if (this.isDestroyed) return;
    if (status < 0) this.failLate(status);
    else if (this.queued === 0) this.allWritten();
  }

  override closed(): void {
    const buffer = this.#private;
    this.#private = undefined;
    // A read buffer that is still lent is not reused, because the other connection may still write from it.
    if (buffer !== undefined && !this.#isLent) giveReadBuffer(buffer);
    if (this.#target !== undefined) unwatch(this);
    if (this.#isUpstream) descriptors.giveUpstream();
    super.closed();
  }

  /**
   * The buffer of the next read: a private one after a chunk that its receiver could not take at once, so that later
   * ones need no copy, and the thread's again after a small one.
   */
  #nextBuffer(isTaken: boolean, bytes: number): Buffer | undefined {
    if (this.#private === undefined) {
      if (isTaken && bytes < PRIVATE_BYTES) return undefined;
      this.#private = takeReadBuffer(PRIVATE_BYTES);
      return this.#private;
    }
    if (!isTaken || bytes >= SMALL_BYTES) return undefined;
    giveReadBuffer(this.#private);
    this.#private = undefined;
    return threadBuffer();
  }

  #connect(target: ConnectTarget): void {
    const { address, port, timeoutMs } = target;
    this.#isUpstream = true;
    this.isConnecting = true;
    this.isPaused = false;
    this.#target = target;
    this.#connectUntilMs = performance.now() + timeoutMs;
    descriptors.takeUpstream();
    watch(this);
    const { handle } = this;
    const request = owned<RawConnection>(new TCPConnectWrap(), this, onConnected);
    const status = address.includes(':')
      ? handle.connect6(request, address, port)
      : handle.connect(request, address, port);
    if (status < 0) setImmediate(() => this.#connectFailed(status));
  }

  #connectFailed(status: number): void {
    this.fail(libuvError('connect', status, this.#target));
  }
}

function onConnected(this: { readonly connection: RawConnection }, status: number): void {
  this.connection.connected(status);
}
