// A TCP socket as the protocol handlers use it: reads into one reused buffer, tells whether a write left user space.
import { Buffer } from 'node:buffer';
import * as net from 'node:net';
import { TLSSocket } from 'node:tls';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { giveReadBuffer, takeReadBuffer } from './read-buffers.ts';

/** For flows: more than HAProxy's 16 KiB reads large bodies in fewer turns; pages that stay unused are never committed. */
export const FLOW_BUFFER_BYTES = 32 * 1024;
export const HTTP_BUFFER_BYTES = 16 * 1024;

const NOTHING = Buffer.alloc(0);

export interface SocketHandler {
  /** `chunk` is valid only during the call: copy what is kept. Return false to stop reading until `resume()`. */
  onData(chunk: Buffer): boolean;
  /** The peer's FIN; all data before it was delivered. */
  onEnd(): void;
  /** After a write that returned false: everything written so far has left user space. */
  onWritable(): void;
  /** Exactly once, always the last call. */
  onClose(error: Error | undefined): void;
}

export interface ConnectHandler extends SocketHandler {
  onConnect(): void;
}

export interface SocketOptions {
  /** The size of the reused read buffer; default FLOW_BUFFER_BYTES. */
  readonly bufferBytes?: number;
  /** True: read by plain 'data' events, which allocate each chunk; what an accepted socket also falls back to. */
  readonly isPlain?: boolean;
  /** The TCP socket below an accepted TLS socket, which is read plainly. */
  readonly carrier?: net.Socket | undefined;
}

export interface ConnectOptions extends SocketOptions {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** The address is '' where the socket is gone. */
export interface SocketEnd {
  readonly address: string;
  readonly port: number;
}

export class RawSocket {
  /** May be replaced at any time (pooling, upgrade). */
  handler: SocketHandler;
  readonly #socket: net.Socket;
  readonly #carrier: net.Socket | undefined;
  #isBlocked = false;
  #readBuffer: Buffer | undefined;
  /** The last chunk's memory was still needed when onData() returned. */
  #isLent = false;
  #connectTimer: NodeJS.Timeout | undefined;
  #error: Error | undefined;

  /** A failed or timed-out connect is `onClose(error)` without `onConnect`. Reading starts with the connection. */
  static connect(options: ConnectOptions, handler: ConnectHandler): RawSocket {
    const raw = new RawSocket(handler, options, undefined);
    const { address, port, timeoutMs } = options;
    raw.#connectTimer = setTimeout(() => {
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      raw.#socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    raw.#socket.once('connect', () => {
      clearTimeout(raw.#connectTimer);
      handler.onConnect();
    });
    // An address literal is connected to in this tick's nextTick queue, before any other event can be handled.
    raw.#socket.connect({ host: address, port });
    return raw;
  }

  /** Takes over a socket that a server gave with `pauseOnConnect` and `allowHalfOpen`. Reading starts at once. */
  static accept(socket: net.Socket, handler: SocketHandler, options: SocketOptions = {}): RawSocket {
    return new RawSocket(handler, options, socket);
  }

  private constructor(handler: SocketHandler, options: SocketOptions, accepted: net.Socket | undefined) {
    this.handler = handler;
    this.#carrier = options.carrier;
    const isAskedPlain = options.isPlain === true || options.carrier !== undefined;
    const handle = accepted && !isAskedPlain ? takeHandle(accepted) : undefined;
    const isPlain = isAskedPlain || (accepted !== undefined && handle === undefined);
    if (isPlain) {
      this.#socket = accepted ?? new net.Socket({ allowHalfOpen: true });
      this.#socket.on('data', (chunk: Buffer) => {
        if (!this.handler.onData(chunk)) this.#socket.pause();
      });
    } else {
      const buffer = takeReadBuffer(options.bufferBytes ?? FLOW_BUFFER_BYTES);
      const callback = (bytes: number): boolean => {
        this.#isLent = !this.handler.onData(buffer.subarray(0, bytes));
        return !this.#isLent;
      };
      this.#readBuffer = buffer;
      const init = { allowHalfOpen: true, readable: true, writable: true, handle, onread: { buffer, callback } };
      this.#socket = new PatientSocket(init as net.SocketConstructorOpts);
    }
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on('end', () => this.handler.onEnd());
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.once('close', () => {
      clearTimeout(this.#connectTimer);
      // Of a lent one another socket may still have to write.
      if (this.#readBuffer !== undefined && !this.#isLent) giveReadBuffer(this.#readBuffer);
      this.#readBuffer = undefined;
      this.handler.onClose(this.#error);
    });
    if (accepted) socket.resume();
  }

  /** Of one client the same on every listener: an IPv4 address as such, and without an interface. */
  get remoteAddress(): string {
    return plainAddress(this.#socket.remoteAddress ?? '');
  }

  get remotePort(): number {
    return this.#socket.remotePort ?? 0;
  }

  get remote(): SocketEnd {
    return { address: this.remoteAddress, port: this.remotePort };
  }

  get local(): SocketEnd {
    return { address: this.#socket.localAddress ?? '', port: this.localPort };
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  /** What is queued too. */
  get bytesWritten(): number {
    return this.#socket.bytesWritten;
  }

  /** Of an HTTPS client, once its handshake is done. */
  get tlsVersion(): string | undefined {
    return this.#socket instanceof TLSSocket ? (this.#socket.getProtocol() ?? undefined) : undefined;
  }

  get destroyed(): boolean {
    return this.#socket.destroyed;
  }

  /**
   * Strings are latin1. True: all of it was handed to the kernel, the chunk's memory may be reused. False: queued, and
   * `onWritable` follows; until then the chunk's memory belongs to this socket.
   */
  write(chunk: Buffer | string): boolean {
    const socket = this.#socket;
    if (chunk.length === 0 || socket.destroyed) return !this.#isBlocked;
    const isAlone = this.#carrier !== undefined && socket.writableLength === 0;
    if (typeof chunk === 'string') socket.write(chunk, 'latin1');
    else socket.write(chunk);
    // Node tries the system call inside write(): a length of 0 means that nothing had to be queued.
    if (socket.writableLength === 0) return true;
    // TLS copies what it encrypts, but a chunk behind another one waits as it is.
    if (isAlone && isWritten(this.#carrier)) return true;
    // An empty write behind it carries the callback: one on every write costs a sixth of the thread's user time.
    if (!this.#isBlocked) socket.write(NOTHING, this.#onWritten);
    this.#isBlocked = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** FIN after what is queued. */
  end(): void {
    this.#socket.end();
  }

  /** Closes now; what is queued is lost. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** RST now; what is queued is lost. */
  reset(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    // libuv refuses a reset while a shutdown is under way (one turn), and Node defers that of a connect in progress.
    const isShuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
    if (!socket.connecting && !isShuttingDown) (this.#carrier ?? socket).resetAndDestroy();
    socket.destroy();
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (!this.#isBlocked || error) return;
    if (this.#socket.writableLength > 0) {
      // More was queued behind the write that carried this callback.
      this.#socket.write(NOTHING, this.#onWritten);
      return;
    }
    this.#isBlocked = false;
    this.handler.onWritable();
  };
}

/**
 * A peer that answers early and closes has often reset the connection before its answer is read. Node destroys a socket
 * in the tick of the failed write; two immediates have a whole poll between them, which reads what the kernel still has.
 */
class PatientSocket extends net.Socket {
  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return super.destroy(error);
    setImmediate(() => setImmediate(() => super.destroy(error)));
    return this;
  }
}

/** TLS reports every write a turn later, so that the kernel's part is asked for below it; false where it cannot be told. */
function isWritten(carrier: net.Socket | undefined): boolean {
  return (carrier as { _handle?: { writeQueueSize?: number } | null } | undefined)?._handle?.writeQueueSize === 0;
}

/**
 * The libuv handle of an accepted socket, for a new net.Socket with `onread`: Node offers that option only where it
 * makes the socket itself (measured: 1.2 times the requests per second of 'data' events). Undefined where the
 * undocumented parts are not there.
 */
function takeHandle(socket: net.Socket): object | undefined {
  const shell = socket as net.Socket & { _handle?: { useUserBuffer?: unknown } | null };
  const handle = shell._handle;
  if (!handle || typeof handle.useUserBuffer !== 'function') return undefined;
  shell._handle = null;
  // Without its handle the shell closes nothing, but its server stops counting it.
  shell.destroy();
  return handle;
}
