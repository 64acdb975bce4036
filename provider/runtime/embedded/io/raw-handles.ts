// Node's TCP handles without its sockets, through undocumented bindings.
import { handlesObstacle, readBindings } from '../../handles/bindings.ts';

/** A libuv TCP handle. Methods that return a number return 0 or a negative error number of libuv. */
export interface TcpHandle {
  /** Called after each read, whose number of bytes or error is in the stream state. Its result is the next buffer. */
  onread: (this: TcpHandle) => Buffer | undefined;
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
  connect(request: object, address: string, port: number): number;
  connect6(request: object, address: string, port: number): number;
  getsockname(out: HandleEnd): number;
  getpeername(out: HandleEnd): number;
  setNoDelay(enable: boolean): number;
  setKeepAlive(enable: boolean, seconds: number): number;
  /** All later reads go to this buffer, until `onread` returns another one. */
  useUserBuffer(buffer: Buffer): number;
  readStart(): number;
  readStop(): number;
  writeBuffer(request: object, chunk: Buffer): number;
  writeLatin1String(request: object, text: string): number;
  shutdown(request: object): number;
  close(onClose: (this: TcpHandle) => void): void;
  reset(onClose: (this: TcpHandle) => void): number;
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
  handlesObstacle === undefined ? readBindings('stream_wrap', 'tcp_wrap') : ({} as Bindings);
