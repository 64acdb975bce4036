// A byte stream to a client or to a target, as protocols use it; each kind of connection is a class of its own.

/**
 * Time without a byte after which TCP keep-alive asks the peer whether it is there; the kernel gives up after some
 * seconds without a response. So a peer that is gone is noticed even if there is no idle time.
 */
export const KEEP_ALIVE_MS = 60_000;

/** A target to connect to, whose address is an address literal. */
export interface ConnectTarget {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export interface ConnectionHandler {
  /** Data from the peer, valid only during the call: copy what is kept. Return `false` to pause until `resume()`. */
  onData(chunk: Buffer): boolean;
  /** The peer has sent a FIN. All data before it was delivered. */
  onEnd(): void;
  /** Called after a write that returned `false`, when everything written so far has left user space. */
  onWritable(): void;
  /** The connection closed. Called exactly once, as the last call; `error` is set if the connection failed. */
  onClose(error: Error | undefined): void;
}

export interface ConnectHandler extends ConnectionHandler {
  /** The connection to the target is established. */
  onConnect(): void;
}

/** One end of a connection. The address is '' if the connection is gone. */
export interface ConnectionEnd {
  readonly address: string;
  readonly port: number;
}

/** Both ends of a connection. */
export interface ConnectionEnds {
  readonly local: ConnectionEnd;
  readonly remote: ConnectionEnd;
}

export interface Connection {
  /** The receiver of the connection's events. It may be replaced at any time, for pooling or an upgrade. */
  handler: ConnectionHandler;
  /**
   * The peer's address in one form for every listener: IPv4 in dotted form, IPv6 without an interface name. This end and
   * `local` are those of a PROXY header if the connection began with one.
   */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remote: ConnectionEnd;
  readonly local: ConnectionEnd;
  readonly bytesRead: number;
  /** Bytes written to the connection, including queued ones. */
  readonly bytesWritten: number;
  /** Bytes that the kernel has taken for the peer. `undefined` if Node does not tell. */
  readonly handedOver: number | undefined;
  /**
   * Both ends as the kernel knows them, with addresses that are not shortened. `undefined` if the connection is not
   * established, or gone.
   */
  readonly kernelEnds: ConnectionEnds | undefined;
  /** TLS version of an HTTPS client after its handshake, otherwise `undefined`. */
  readonly tlsVersion: string | undefined;
  readonly isDestroyed: boolean;
  /**
   * Writes bytes; strings are latin1. Returns `true` if all of them were handed to the kernel, so that the chunk's
   * memory may be reused. Returns `false` if they are queued: the chunk's memory belongs to this connection until
   * `onWritable`.
   */
  write(chunk: Buffer | string): boolean;
  pause(): void;
  resume(): void;
  /** Ends the sending side: sends a FIN after all queued bytes. */
  end(): void;
  /** Closes the connection at once; queued bytes are lost. */
  destroy(): void;
  /** Resets the connection: sends an RST at once, and queued bytes are lost. */
  reset(): void;
}
