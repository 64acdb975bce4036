// The undocumented bindings of Node to handles of libuv, and whether they may be used here.

/** A handle of libuv. Methods that return a number return 0 or a negative error number of libuv. */
export interface Handle {
  /** The descriptor of the handle's socket; negative if it has none. */
  readonly fd: number;
  close(onClose?: () => void): void;
}

/** A handle whose socket is bound to an address and port. */
export interface BoundHandle extends Handle {
  bind(address: string, port: number, flags: number): number;
  bind6(address: string, port: number, flags: number): number;
}

/** A Unix domain socket that can pass handles. */
export interface PipeHandle extends Handle {
  /** Called for each read, whose number of bytes or error is in the stream state. */
  onread: (bytes: ArrayBuffer | undefined) => void;
  onconnection: (status: number, client: PipeHandle | undefined) => void;
  /** The handle that came with the last read, until it is taken. */
  pendingHandle: Handle | null | undefined;
  bind(path: string): number;
  listen(backlog: number): number;
  open(descriptor: number): number;
  connect(request: ConnectRequest, path: string): number | undefined;
  readStart(): number;
  writeUtf8String(request: object, text: string, passed?: Handle): number;
}

interface ConnectRequest {
  oncomplete?: (status: number) => void;
}

interface HandleBindings {
  readonly TCP: new (kind: number) => BoundHandle;
  readonly UDP: new () => BoundHandle;
  readonly Pipe: new (kind: number) => PipeHandle;
  readonly PipeConnectWrap: new () => ConnectRequest;
  readonly WriteWrap: new () => object;
  /** Results of the last read of this thread. The numbers below are their places. */
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kArrayBufferOffset: number;
}

/** Kinds of a TCP handle and of a pipe: `SERVER` for one that listens, `IPC` for a pipe that passes handles. */
export const HANDLE_KINDS = { SERVER: 1, IPC: 2 } as const;
/** Flags of `bind` that set SO_REUSEPORT, as libuv defines them. */
export const REUSE_PORT = { tcp: 2, udp: 64 } as const;

/** Major versions of Node on which the tests of handles ran. */
const TESTED: readonly string[] = ['24'];

/** Why handles cannot be used here. `undefined` if they can. */
export const handlesObstacle: string | undefined = obstacle();

/** The bindings to listening handles and pipes. Reading them is allowed only if there is no obstacle. */
export const handleBindings: HandleBindings = handlesObstacle === undefined ? bindingsOf() : ({} as HandleBindings);

/** Reads undocumented bindings by their names. */
export function readBindings<T>(...names: readonly string[]): T {
  const { binding } = process as unknown as { binding: (name: string) => object };
  return Object.assign({}, ...names.map((name) => binding(name)));
}

function bindingsOf(): HandleBindings {
  return readBindings('stream_wrap', 'tcp_wrap', 'udp_wrap', 'pipe_wrap');
}

function obstacle(): string | undefined {
  const [major = ''] = process.versions.node.split('.');
  if (process.platform !== 'linux') return `the platform is ${process.platform}, and they were tested on Linux only`;
  if (!TESTED.includes(major))
    return `this is Node ${major}, and they were tested on Node ${TESTED.join(' and ')} only`;
  try {
    const { TCP, UDP, Pipe, PipeConnectWrap, WriteWrap, streamBaseState } = bindingsOf();
    const { TLSWrap, wrap } = readBindings<Readonly<Record<string, unknown>>>('tls_wrap');
    const isWhole = [TCP, UDP, Pipe, PipeConnectWrap, WriteWrap, TLSWrap, wrap].every(
      (each) => typeof each === 'function',
    );
    return isWhole && streamBaseState.length > 0 ? undefined : 'Node does not have them whole';
  } catch (error) {
    return `Node refuses them: ${(error as Error).message}`;
  }
}
