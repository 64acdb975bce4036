// Node's TCP and TLS handles without its sockets, through undocumented bindings.
import { handlesObstacle, readBindings } from '../../handles/bindings.ts';

/** A handle of a byte stream. Methods that return a number return 0 or a negative error number of libuv. */
export interface StreamHandle {
  /** Called after each read, whose number of bytes or error is in the stream state. Its result is the next buffer. */
  onread: (this: StreamHandle) => Buffer | undefined;
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
  /** All later reads go to this buffer, until `onread` returns another one. */
  useUserBuffer(buffer: Buffer): number;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: object, chunk: Buffer): number;
  writeLatin1String(request: object, text: string): number;
  shutdown(request: object): number;
}

/** A libuv TCP handle. */
export interface TcpHandle extends StreamHandle {
  connect(request: object, address: string, port: number): number;
  connect6(request: object, address: string, port: number): number;
  getsockname(out: HandleEnd): number;
  getpeername(out: HandleEnd): number;
  setNoDelay(enable: boolean): number;
  setKeepAlive(enable: boolean, seconds: number): number;
  close(onClose: (this: StreamHandle) => void): void;
  reset(onClose: (this: StreamHandle) => void): number;
}

/** The server's side of TLS over a TCP handle. Nothing may be called after `destroySSL`. */
export interface TlsHandle extends StreamHandle {
  /** Called when the handshake is done, on the stack of OpenSSL. */
  onhandshakedone: (this: TlsHandle) => void;
  /** Called with the error of OpenSSL that ends the connection. */
  onerror: (this: TlsHandle, error: NodeJS.ErrnoException) => void;
  /** Sets the protocols of ALPN, each after a byte with its length. */
  setALPNProtocols(protocols: Buffer): void;
  /** Passes encrypted bytes of the peer that were read from the TCP handle before. */
  receive(chunk: Buffer): void;
  getServername(): string | false;
  getProtocol(): string;
  /** Frees what OpenSSL has of the connection, and ends a write that is queued. */
  destroySSL(): void;
}

/** One end of a connection as a handle tells it. */
export interface HandleEnd {
  address: string;
  family: string;
  port: number;
}

interface Bindings {
  readonly TCP: new (kind: number) => TcpHandle;
  readonly TCPConnectWrap: new () => object;
  readonly TLSWrap: { readonly prototype: TlsHandle };
  /** Makes the TLS of a TCP handle, which reads it and writes to it from then on. */
  readonly wrap: (handle: TcpHandle, context: object, isServer: boolean, isWritten: boolean) => TlsHandle;
  readonly WriteWrap: new () => object;
  readonly ShutdownWrap: new () => object;
  /** Results of the last read or write of this thread. The numbers below are their places. */
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kLastWriteWasAsync: number;
  readonly constants: { readonly SOCKET: number };
}

/** The bindings. Reading them is allowed only if there is no obstacle to handles. */
export const bindings: Bindings =
  handlesObstacle === undefined ? readBindings('stream_wrap', 'tcp_wrap', 'tls_wrap') : ({} as Bindings);
