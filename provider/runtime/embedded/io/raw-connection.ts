// A plain TCP connection directly on a libuv handle, without a net.Socket: one read buffer serves a whole thread.

import type { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { libuvError } from '../../handles/libuv-error.ts';
import {
  type ConnectHandler,
  type Connection,
  type ConnectionEnd,
  type ConnectionEnds,
  type ConnectionHandler,
  type ConnectTarget,
  KEEP_ALIVE_MS,
} from './connection.ts';
import { type Timed, unwatch, watch } from './deadlines.ts';
import { descriptors } from './descriptors.ts';
import { bindings, type HandleEnd, type TcpHandle } from './raw-handles.ts';
import { QUEUED, writeTo } from './raw-writes.ts';
import { giveReadBuffer, PRIVATE_BYTES, takeReadBuffer, threadBuffer, threadChunk } from './read-buffers.ts';

const { TCP, TCPConnectWrap, ShutdownWrap, streamBaseState, kReadBytesOrError } = bindings;

/** Result of a read after the peer's FIN: UV_EOF of libuv. */
const END_OF_STREAM = -4095;
/** A read of fewer bytes ends the use of a private buffer: a large body is over, and many connections may follow. */
const SMALL_BYTES = 8 * 1024;
/** Age from which a connection to a target has TCP keep-alive, whose first probe comes much later. */
const KEEP_ALIVE_AFTER_MS = 1_000;

/** A handle with the connection that it belongs to. */
interface OwnedHandle extends TcpHandle {
  connection?: RawConnection;
}

/** The last end that a handle has told. Node would change the shape of an empty object by each property. */
const told: HandleEnd = { address: '', family: '', port: 0 };

/** A connect or a shutdown under way, with the connection that it belongs to. */
interface OwnedRequest {
  oncomplete: (this: OwnedRequest, status: number) => void;
  connection: RawConnection;
}

export class RawConnection implements Connection, Timed {
  handler: ConnectionHandler;
  bytesRead = 0;
  bytesWritten = 0;
  readonly #handle: OwnedHandle;
  readonly #named: ConnectionEnds | undefined;
  /** The read buffer of this connection alone. `undefined` while it reads into the thread's buffer. */
  #private: Buffer | undefined;
  /** True if the chunk in the private buffer is still needed: `onData` returned `false` for it. */
  #isLent = false;
  #isReading = false;
  #isPaused = true;
  /** The target, until TCP keep-alive is on. `undefined` for a client's connection. */
  #target: ConnectTarget | undefined;
  #isConnecting = false;
  /** The end of the time for the connect, by `performance.now()`. */
  #connectUntilMs = 0;
  #isBlocked = false;
  /** Number of writes that are queued. */
  #queued = 0;
  #isEnding = false;
  #isShuttingDown = false;
  #hasWritten = false;
  #hasReadAll = false;
  #isDestroyed = false;
  #error: Error | undefined;
  #remote: ConnectionEnd | undefined;
  /** True for a connection to a target, which is counted until it is closed. */
  #isUpstream = false;

  /**
   * Connects to a target. A failed or timed-out connect is reported by `onClose(error)` without `onConnect`. Reading
   * starts when the connection is established.
   */
  static connect(target: ConnectTarget, handler: ConnectHandler): RawConnection {
    const handle: OwnedHandle = new TCP(bindings.constants.SOCKET);
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

  private constructor(handle: OwnedHandle, handler: ConnectionHandler, named: ConnectionEnds | undefined) {
    this.handler = handler;
    this.#handle = handle;
    this.#named = named;
    handle.connection = this;
    handle.onread = onRead;
    handle.useUserBuffer(threadBuffer());
  }

  get remoteAddress(): string {
    return this.remote.address;
  }

  get remotePort(): number {
    return this.remote.port;
  }

  get remote(): ConnectionEnd {
    this.#remote ??= this.#named?.remote ?? this.#peer();
    return this.#remote;
  }

  get local(): ConnectionEnd {
    return this.#named?.local ?? this.#endOf('getsockname') ?? { address: '', port: 0 };
  }

  get handedOver(): number | undefined {
    return this.#isDestroyed ? undefined : this.bytesWritten - this.#handle.writeQueueSize;
  }

  get kernelEnds(): ConnectionEnds | undefined {
    const [local, remote] = [this.#endOf('getsockname'), this.#endOf('getpeername')];
    return local && remote && { local, remote };
  }

  get tlsVersion(): undefined {
    return undefined;
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  write(chunk: Buffer | string): boolean {
    if (chunk.length === 0 || this.#isDestroyed || this.#isEnding) return !this.#isBlocked;
    const result = writeTo(this.#handle, chunk);
    if (result < 0) {
      this.#failLate(libuvError('write', result));
      return false;
    }
    this.bytesWritten += chunk.length;
    if (result === QUEUED) {
      this.#queued++;
      this.#isBlocked = true;
    }
    return !this.#isBlocked;
  }

  pause(): void {
    this.#isPaused = true;
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#handle.readStop();
  }

  resume(): void {
    this.#isPaused = false;
    this.#isLent = false;
    if (this.#isReading || this.#isConnecting || this.#isDestroyed || this.#hasReadAll) return;
    this.#isReading = true;
    this.#handle.readStart();
  }

  end(): void {
    if (this.#isEnding || this.#isDestroyed) return;
    this.#isEnding = true;
    this.#shutDownIfDue();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#handle.close(onClosed);
  }

  reset(): void {
    if (this.#isDestroyed) return;
    // libuv refuses a reset while a shutdown is in progress, and a handle that has refused one cannot be closed either.
    if (this.#isShuttingDown || this.#isConnecting) {
      this.destroy();
      return;
    }
    this.#isDestroyed = true;
    this.#handle.reset(onClosed);
  }

  /** Takes the result of a read, which is in the stream state. Returns the buffer for the next one if it is another. */
  read(): Buffer | undefined {
    const bytes = streamBaseState[kReadBytesOrError] as number;
    if (this.#isDestroyed) return undefined;
    if (bytes < 0) {
      this.#readEnded(bytes);
      return undefined;
    }
    if (bytes === 0) return undefined;
    this.bytesRead += bytes;
    const chunk = this.#private === undefined ? threadChunk(bytes) : this.#private.subarray(0, bytes);
    const isTaken = this.handler.onData(chunk);
    if (this.#isDestroyed) {
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
    if (this.#isDestroyed) return;
    if (status < 0) {
      this.#connectFailed(status);
      return;
    }
    this.#isConnecting = false;
    (this.handler as ConnectHandler).onConnect();
    this.#shutDownIfDue();
    if (!this.#isPaused) this.resume();
  }

  /**
   * Ends a connect that takes too long. A connection that has lasted for a whole interval of the timer gets TCP
   * keep-alive, which takes four system calls; most connections of clients without keep-alive end before.
   */
  checkDeadline(now: number): void {
    const target = this.#target;
    if (target === undefined || this.#isDestroyed) return;
    if (!this.#isConnecting) {
      if (now < this.#connectUntilMs - target.timeoutMs + KEEP_ALIVE_AFTER_MS) return;
      this.#target = undefined;
      unwatch(this);
      this.#handle.setKeepAlive(true, KEEP_ALIVE_MS / 1000);
    } else if (now >= this.#connectUntilMs) {
      const { address, port, timeoutMs } = target;
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      this.#fail(Object.assign(error, { code: 'ETIMEDOUT' }));
    }
  }

  /** Takes the end of a queued write. */
  wrote(status: number): void {
    this.#queued--;
    if (this.#isDestroyed) return;
    if (status < 0) {
      this.#failLate(libuvError('write', status));
      return;
    }
    if (this.#queued > 0) return;
    this.#isBlocked = false;
    this.#shutDownIfDue();
    this.handler.onWritable();
  }

  closed(): void {
    const { handler } = this;
    const buffer = this.#private;
    this.#private = undefined;
    // A read buffer that is still lent is not reused, because the other connection may still write from it.
    if (buffer !== undefined && !this.#isLent) giveReadBuffer(buffer);
    if (this.#target !== undefined) unwatch(this);
    if (this.#isUpstream) descriptors.giveUpstream();
    handler.onClose(this.#error);
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

  #readEnded(status: number): void {
    this.#isReading = false;
    if (status !== END_OF_STREAM) {
      this.#fail(libuvError('read', status));
      return;
    }
    this.#hasReadAll = true;
    this.handler.onEnd();
    this.#closeIfDone();
  }

  #connect(target: ConnectTarget): void {
    const { address, port, timeoutMs } = target;
    this.#isUpstream = true;
    this.#isConnecting = true;
    this.#isPaused = false;
    this.#target = target;
    this.#connectUntilMs = performance.now() + timeoutMs;
    descriptors.takeUpstream();
    watch(this);
    const handle = this.#handle;
    const request = owned(new TCPConnectWrap(), this, onConnected);
    const status = address.includes(':')
      ? handle.connect6(request, address, port)
      : handle.connect(request, address, port);
    if (status < 0) setImmediate(() => this.#connectFailed(status));
  }

  #connectFailed(status: number): void {
    this.#fail(libuvError('connect', status, this.#target));
  }

  /** Sends the FIN once everything is written: during a shutdown, which then takes one iteration, libuv cannot reset. */
  #shutDownIfDue(): void {
    if (!this.#isEnding || this.#isConnecting || this.#isDestroyed || this.#queued > 0) return;
    // Nothing more can come from a peer that has ended its side: closing the socket sends the FIN.
    if (this.#hasReadAll) {
      this.destroy();
      return;
    }
    this.#isShuttingDown = true;
    if (this.#handle.shutdown(owned(new ShutdownWrap(), this, onShutDown)) < 0) this.shutDown();
  }

  /** Takes the end of a shutdown. */
  shutDown(): void {
    this.#isShuttingDown = false;
    this.#hasWritten = true;
    this.#closeIfDone();
  }

  #closeIfDone(): void {
    if (this.#hasReadAll && this.#hasWritten) this.destroy();
  }

  #fail(error: Error): void {
    if (this.#isDestroyed) return;
    this.#error ??= error;
    this.destroy();
  }

  /**
   * Destroys the connection two immediates after a failed write. A peer that responds early and closes has often reset
   * the connection before its response is read. Between the two the event loop polls once more and reads the bytes that
   * the kernel still has.
   */
  #failLate(error: Error): void {
    setImmediate(() => setImmediate(() => this.#fail(error)));
  }

  #peer(): ConnectionEnd {
    const { address, port } = this.#endOf('getpeername') ?? { address: '', port: 0 };
    return { address: plainAddress(address), port };
  }

  #endOf(get: 'getsockname' | 'getpeername'): ConnectionEnd | undefined {
    if (this.#isDestroyed || this.#handle[get](told) < 0) return undefined;
    return { address: told.address, port: told.port };
  }
}

function owned(request: object, connection: RawConnection, oncomplete: OwnedRequest['oncomplete']): object {
  const made = request as OwnedRequest;
  made.oncomplete = oncomplete;
  made.connection = connection;
  return made;
}

function onConnected(this: OwnedRequest, status: number): void {
  this.connection.connected(status);
}

function onShutDown(this: OwnedRequest): void {
  this.connection.shutDown();
}

function onRead(this: OwnedHandle): Buffer | undefined {
  return this.connection?.read();
}

function onClosed(this: OwnedHandle): void {
  this.connection?.closed();
}
