// An accepted TLS connection directly on libuv handles, without a TLSSocket and a net.Socket.
import { Buffer } from 'node:buffer';
import { performance } from 'node:perf_hooks';
import type { ConnectionEnds, ConnectionHandler } from './connection.ts';
import { type Timed, unwatch, watch } from './deadlines.ts';
import { END_OF_STREAM, HandleConnection, owned } from './handle-connection.ts';
import { bindings, type TcpHandle, type TlsHandle } from './raw-handles.ts';
import { isThreadBuffer, threadChunk } from './read-buffers.ts';
import { contextByName, nativeContext, type TlsServer } from './tls-server.ts';

const { TLSWrap, WriteWrap, wrap, streamBaseState, kReadBytesOrError } = bindings;

/**
 * Part of the client's first bytes that TLS gets at once. Node keeps encrypted input of a server in a block of 1 KiB, or
 * of the size of the first part if that is more; a block that is filled to its end gets another one of 16 KiB beside it,
 * and both stay until the end of the connection.
 */
const FIRST_PART_BYTES = 1000;

/** Memory for strings that are encrypted: TLS has read it when the write returns. */
const STRING_BYTES = 16 * 1024;
const stringMemory = Buffer.allocUnsafeSlow(STRING_BYTES);

/** A TLS handle with the connection that it belongs to. */
interface OwnedTls extends TlsHandle {
  connection?: RawTlsConnection;
}

/** What native code reads from a TLS handle when it knows the client's server name. */
const handlePrototype: object = Object.create(TLSWrap?.prototype ?? null, {
  sni_context: {
    get(this: OwnedTls) {
      return this.connection?.contextByName();
    },
    set() {},
  },
});

export class RawTlsConnection extends HandleConnection implements Timed {
  /** `undefined` until the first bytes of the client. */
  #tls: OwnedTls | undefined;
  /** The server's decisions, until the handshake is done. */
  #server: TlsServer | undefined;
  /** The end of the time for the handshake, by `performance.now()`. */
  readonly #handshakeUntilMs: number;
  /** True while TLS has a write whose end it has not told: it takes only one. */
  #isWriting = false;
  /** What is written after that write or after the handshake. `undefined` for nothing. */
  #waiting: (Buffer | string)[] | undefined;
  /** Decrypted bytes that came while reading was paused. `undefined` for none. */
  #held: Buffer[] | undefined;
  /** True if the peer's end came while bytes were held. */
  #isEndHeld = false;

  /** Takes the handle of an accepted connection. Reading starts at once. `named` are the ends of a PROXY header. */
  static accept(
    handle: TcpHandle,
    handler: ConnectionHandler,
    server: TlsServer,
    named?: ConnectionEnds,
  ): RawTlsConnection {
    const connection = new RawTlsConnection(handle, handler, server, named);
    connection.resume();
    return connection;
  }

  private constructor(
    handle: TcpHandle,
    handler: ConnectionHandler,
    server: TlsServer,
    named: ConnectionEnds | undefined,
  ) {
    super(handle, handler, named);
    this.#server = server;
    this.#handshakeUntilMs = performance.now() + server.handshakeMs;
    watch(this);
  }

  override get tlsVersion(): string | undefined {
    return this.isDestroyed || this.#server !== undefined ? undefined : this.#tls?.getProtocol();
  }

  /** TLS encrypts a chunk before the write returns, except a chunk that waits. */
  write(chunk: Buffer | string): boolean {
    if (chunk.length === 0 || !this.isOpen) return !this.isBlocked;
    this.bytesWritten += chunk.length;
    if (!this.#isWriting && this.#server === undefined && this.#waiting === undefined) {
      this.#send(chunk);
    } else {
      if (this.#waiting === undefined) this.#waiting = [];
      // The thread's next read goes into its buffer.
      this.#waiting.push(typeof chunk !== 'string' && isThreadBuffer(chunk) ? Buffer.from(chunk) : chunk);
      this.queued = 1;
      this.isBlocked = true;
    }
    return !this.isBlocked;
  }

  override resume(): void {
    if (this.#held === undefined) {
      super.resume();
      return;
    }
    if (!this.isPaused) return;
    this.isPaused = false;
    process.nextTick(() => this.#deliverHeld());
  }

  read(): undefined {
    const bytes = streamBaseState[kReadBytesOrError] as number;
    if (this.isDestroyed || bytes === 0) return;
    if (bytes < 0) {
      if (bytes !== END_OF_STREAM) this.readEnded(bytes);
      else if (this.#server !== undefined) this.destroy();
      else if (this.#held !== undefined) this.#isEndHeld = true;
      else this.readEnded(bytes);
      return;
    }
    const chunk = threadChunk(bytes);
    if (this.#tls === undefined) {
      this.#begin(chunk);
      return;
    }
    this.bytesRead += bytes;
    // TLS delivers all records of one read from the kernel, even after reading was paused.
    if (this.#held !== undefined) this.#held.push(Buffer.from(chunk));
    else if (this.isPaused) this.#held = [Buffer.from(chunk)];
    else if (!this.handler.onData(chunk) && !this.isDestroyed) this.pause();
  }

  /** Takes the end of a write. TLS tells it one event-loop iteration later, also if the kernel took all bytes at once. */
  wrote(status: number): void {
    if (this.isDestroyed) return;
    if (status < 0) {
      // Nothing can be written after this, therefore the write counts as queued until the connection is destroyed.
      this.isBlocked = true;
      this.failLate(status);
      return;
    }
    this.#isWriting = false;
    this.#wroteAll();
  }

  checkDeadline(now: number): void {
    if (this.#server !== undefined && now >= this.#handshakeUntilMs) this.destroy();
  }

  /** Takes the end of the handshake, on the stack of OpenSSL. */
  secured(): void {
    if (this.#server === undefined) return;
    this.#server = undefined;
    unwatch(this);
    if (this.#waiting !== undefined) setImmediate(() => this.#wroteAll());
  }

  /** Takes the error of OpenSSL that ends the connection. */
  failed(error: NodeJS.ErrnoException): void {
    const response = this.#server?.clearResponse(error);
    if (response !== undefined && !this.isDestroyed && this.handle.bytesWritten === 0)
      this.handle.writeLatin1String(new WriteWrap(), response);
    this.fail(error);
  }

  /** The context for the client's server name. `undefined` after the handshake. */
  contextByName(): object | undefined {
    if (this.#server === undefined || this.#tls === undefined) return undefined;
    return contextByName(this.#server, this.#tls);
  }

  override closed(): void {
    // Nothing of OpenSSL is on the stack here. This also ends the write that TLS has.
    this.#tls?.destroySSL();
    this.#waiting = undefined;
    this.#held = undefined;
    unwatch(this);
    this.#server?.failed();
    this.#server = undefined;
    super.closed();
  }

  /** The alert `close_notify`. */
  protected override get hasFarewell(): boolean {
    return this.#server === undefined;
  }

  /**
   * Begins the handshake. TLS reads and writes the TCP handle from here on. Until a client has sent something, it costs
   * no memory of OpenSSL. The thread's buffer stays as it is meanwhile: nothing can be decrypted before the client has
   * got this server's first bytes.
   */
  #begin(chunk: Buffer): void {
    const server = this.#server as TlsServer;
    const tls: OwnedTls = wrap(this.handle, nativeContext(server.find(undefined)), true, false);
    Object.setPrototypeOf(tls, handlePrototype);
    this.#tls = tls;
    tls.onhandshakedone = onSecured;
    tls.onerror = onFailed;
    tls.setALPNProtocols(server.protocols);
    this.use(tls);
    for (let at = 0; at < chunk.length && !this.isDestroyed; at += FIRST_PART_BYTES)
      tls.receive(chunk.subarray(at, at + FIRST_PART_BYTES));
  }

  #send(chunk: Buffer | string): void {
    const tls = this.#tls as OwnedTls;
    this.#isWriting = true;
    this.queued = 1;
    const status = tls.writeBuffer(owned<RawTlsConnection>(new WriteWrap(), this, onWritten), bytesOf(chunk));
    if (status < 0) this.wrote(status);
    else if (this.handle.writeQueueSize > 0) this.isBlocked = true;
  }

  /** Writes what waits, in one piece, or else tells that nothing does. */
  #wroteAll(): void {
    if (this.isDestroyed) return;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      this.#send(waiting.length === 1 ? (waiting[0] as Buffer | string) : Buffer.concat(waiting.map(bytesOfOwn)));
      return;
    }
    this.queued = 0;
    this.allWritten();
  }

  #deliverHeld(): void {
    const held = this.#held;
    while (held !== undefined && held.length > 0 && !this.isPaused && !this.isDestroyed)
      if (!this.handler.onData(held.shift() as Buffer)) this.isPaused = true;
    if (held === undefined || held.length > 0 || this.isDestroyed) return;
    this.#held = undefined;
    if (this.#isEndHeld) this.readEnded(END_OF_STREAM);
    else if (!this.isPaused) super.resume();
  }
}

/** The bytes of a chunk, valid until the next string is written. */
function bytesOf(chunk: Buffer | string): Buffer {
  if (typeof chunk !== 'string') return chunk;
  if (chunk.length > STRING_BYTES) return bytesOfOwn(chunk);
  return stringMemory.subarray(0, stringMemory.write(chunk, 0, 'latin1'));
}

function bytesOfOwn(chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
}

function onWritten(this: { readonly connection: RawTlsConnection }, status: number): void {
  this.connection.wrote(status);
}

function onSecured(this: OwnedTls): void {
  this.connection?.secured();
}

function onFailed(this: OwnedTls, error: NodeJS.ErrnoException): void {
  this.connection?.failed(error);
}
