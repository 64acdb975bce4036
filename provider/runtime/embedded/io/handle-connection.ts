// A connection directly on libuv handles, without a net.Socket: what plain connections and TLS connections have in common.
import { plainAddress } from '../../../model/base/plain-address.ts';
import { libuvError } from '../../handles/libuv-error.ts';
import type { Connection, ConnectionEnd, ConnectionEnds, ConnectionHandler } from './connection.ts';
import { bindings, type HandleEnd, type StreamHandle, type TcpHandle } from './raw-handles.ts';
import { threadBuffer } from './read-buffers.ts';

const { ShutdownWrap } = bindings;

/** Result of a read after the peer's FIN: UV_EOF of libuv. */
export const END_OF_STREAM = -4095;

/** A handle with the connection that it belongs to. */
type Owned<T extends StreamHandle> = T & { connection?: HandleConnection };

/** The last end that a handle has told. Node would change the shape of an empty object by each property. */
const told: HandleEnd = { address: '', family: '', port: 0 };

/** A request to a handle, with the connection that it belongs to. */
interface OwnedRequest<C> {
  oncomplete: (this: OwnedRequest<C>, status: number) => void;
  connection: C;
}

export abstract class HandleConnection implements Connection {
  handler: ConnectionHandler;
  bytesRead = 0;
  bytesWritten = 0;
  /** The handle of the TCP socket. */
  protected readonly handle: Owned<TcpHandle>;
  protected isReading = false;
  protected isPaused = true;
  protected isConnecting = false;
  /** True from a write that returned `false` until `onWritable`. */
  protected isBlocked = false;
  /** Number of writes whose end is awaited. */
  protected queued = 0;
  /** The handle that is read and written: the TCP handle, or one that encrypts for it. */
  #stream: StreamHandle;
  readonly #named: ConnectionEnds | undefined;
  #isEnding = false;
  #isShuttingDown = false;
  #hasWritten = false;
  #hasReadAll = false;
  #isDestroyed = false;
  #error: Error | undefined;
  #remote: ConnectionEnd | undefined;

  /** `named` are the ends of a PROXY header. */
  protected constructor(handle: TcpHandle, handler: ConnectionHandler, named: ConnectionEnds | undefined) {
    this.handler = handler;
    this.handle = handle;
    this.#named = named;
    this.#stream = handle;
    this.#own(handle);
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
    return this.#isDestroyed ? undefined : this.handle.bytesWritten - this.handle.writeQueueSize;
  }

  get kernelEnds(): ConnectionEnds | undefined {
    const [local, remote] = [this.#endOf('getsockname'), this.#endOf('getpeername')];
    return local && remote && { local, remote };
  }

  get tlsVersion(): string | undefined {
    return undefined;
  }

  get isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  abstract write(chunk: Buffer | string): boolean;

  /** Takes the result of a read, which is in the stream state. Returns the buffer for the next one if it is another. */
  abstract read(): Buffer | undefined;

  /** Takes the end of a write: 0 or a negative error number of libuv. */
  abstract wrote(status: number): void;

  pause(): void {
    this.isPaused = true;
    if (!this.isReading) return;
    this.isReading = false;
    this.#stream.readStop();
  }

  resume(): void {
    this.isPaused = false;
    if (this.isReading || this.isConnecting || this.#isDestroyed || this.#hasReadAll) return;
    this.isReading = true;
    this.#stream.readStart();
  }

  end(): void {
    if (this.#isEnding || this.#isDestroyed) return;
    this.#isEnding = true;
    this.shutDownIfDue();
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.handle.close(onClosed);
  }

  reset(): void {
    if (this.#isDestroyed) return;
    // libuv refuses a reset while a shutdown is in progress, and a handle that has refused one cannot be closed either.
    if (this.#isShuttingDown || this.isConnecting) {
      this.destroy();
      return;
    }
    this.#isDestroyed = true;
    this.handle.reset(onClosed);
  }

  /** Takes the end of the handle. */
  closed(): void {
    this.handler.onClose(this.#error);
  }

  /** Takes the end of a shutdown. */
  shutDown(): void {
    this.#isShuttingDown = false;
    this.#hasWritten = true;
    this.#closeIfDone();
  }

  /** True if a chunk can be written: neither was the connection closed nor its sending side ended. */
  protected get isOpen(): boolean {
    return !this.#isDestroyed && !this.#isEnding;
  }

  /** Makes a handle the one that is read and written. */
  protected use(stream: StreamHandle): void {
    this.#stream = stream;
    this.#own(stream);
  }

  /** Takes the end of reading: END_OF_STREAM or a negative error number of libuv. */
  protected readEnded(status: number): void {
    this.isReading = false;
    if (status !== END_OF_STREAM) {
      this.fail(libuvError('read', status));
      return;
    }
    this.#hasReadAll = true;
    this.handler.onEnd();
    this.#closeIfDone();
  }

  /** Takes the end of all queued writes. */
  protected allWritten(): void {
    const wasBlocked = this.isBlocked;
    this.isBlocked = false;
    this.shutDownIfDue();
    if (wasBlocked) this.handler.onWritable();
  }

  /** Sends the FIN once everything is written: during a shutdown, which then takes one iteration, libuv cannot reset. */
  protected shutDownIfDue(): void {
    if (!this.#isEnding || this.isConnecting || this.#isDestroyed || this.queued > 0) return;
    // Nothing more can come from a peer that has ended its side: closing the socket sends the FIN.
    if (this.#hasReadAll && !this.hasFarewell) {
      this.destroy();
      return;
    }
    this.#isShuttingDown = true;
    if (this.#stream.shutdown(owned<HandleConnection>(new ShutdownWrap(), this, onShutDown)) < 0) this.shutDown();
  }

  /** True if the handle sends bytes of its own before the FIN. */
  protected get hasFarewell(): boolean {
    return false;
  }

  protected fail(error: Error): void {
    if (this.#isDestroyed) return;
    this.#error ??= error;
    this.destroy();
  }

  /**
   * Destroys the connection two immediates after a failed write. A peer that responds early and closes has often reset
   * the connection before its response is read. Between the two the event loop polls once more and reads the bytes that
   * the kernel still has.
   */
  protected failLate(status: number): void {
    const error = libuvError('write', status);
    setImmediate(() => setImmediate(() => this.fail(error)));
  }

  #own(handle: Owned<StreamHandle>): void {
    handle.connection = this;
    handle.onread = onRead;
    handle.useUserBuffer(threadBuffer());
  }

  #closeIfDone(): void {
    if (this.#hasReadAll && this.#hasWritten) this.destroy();
  }

  #peer(): ConnectionEnd {
    const { address, port } = this.#endOf('getpeername') ?? { address: '', port: 0 };
    return { address: plainAddress(address), port };
  }

  #endOf(get: 'getsockname' | 'getpeername'): ConnectionEnd | undefined {
    if (this.#isDestroyed || this.handle[get](told) < 0) return undefined;
    return { address: told.address, port: told.port };
  }
}

/** Makes a new request one of a connection. `oncomplete` gets its end: 0 or a negative error number of libuv. */
export function owned<C>(request: object, connection: C, oncomplete: OwnedRequest<C>['oncomplete']): object {
  const made = request as OwnedRequest<C>;
  made.oncomplete = oncomplete;
  made.connection = connection;
  return made;
}

function onShutDown(this: OwnedRequest<HandleConnection>): void {
  this.connection.shutDown();
}

function onRead(this: Owned<StreamHandle>): Buffer | undefined {
  return this.connection?.read();
}

function onClosed(this: Owned<StreamHandle>): void {
  this.connection?.closed();
}
