// Node's TCP handles without its sockets: the undocumented bindings, and whether they may be used.
import { getSystemErrorName } from 'node:util';

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

/** Major versions of Node on which the tests of raw handles ran. */
const TESTED: readonly string[] = ['24'];

/** Why raw handles cannot be used here. `undefined` if they can. */
export const rawObstacle: string | undefined = obstacle();

/** The bindings. Reading them is allowed only if there is no obstacle. */
export const bindings: Bindings = rawObstacle === undefined ? loaded() : ({} as Bindings);

function obstacle(): string | undefined {
  const [major = ''] = process.versions.node.split('.');
  if (process.platform !== 'linux') return `the platform is ${process.platform}, and they were tested on Linux only`;
  if (!TESTED.includes(major))
    return `this is Node ${major}, and they were tested on Node ${TESTED.join(' and ')} only`;
  try {
    const { TCP, TCPConnectWrap, WriteWrap, ShutdownWrap, streamBaseState } = loaded();
    const isWhole = [TCP, TCPConnectWrap, WriteWrap, ShutdownWrap].every((each) => typeof each === 'function');
    return isWhole && streamBaseState.length > 0 ? undefined : 'Node does not have them whole';
  } catch (error) {
    return `Node refuses them: ${(error as Error).message}`;
  }
}

function loaded(): Bindings {
  const { binding } = process as unknown as { binding: (name: string) => Bindings };
  return { ...binding('stream_wrap'), ...binding('tcp_wrap') };
}

/** An error like those of Node's own sockets. `status` is a negative error number of libuv. */
export function libuvError(syscall: string, status: number, to?: { address: string; port: number }): Error {
  const code = getSystemErrorName(status);
  const text = to === undefined ? `${syscall} ${code}` : `${syscall} ${code} ${to.address}:${to.port}`;
  const where = to && { address: to.address, port: to.port };
  return Object.assign(new Error(text), { errno: status, code, syscall, ...where });
}
