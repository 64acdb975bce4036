// A byte stream to a client or to a target, as protocols use it; each kind of connection is a class of its own.

export interface ConnectionHandler {
  /** `chunk` is valid only during the call: copy what is kept. Return false to stop reading until `resume()`. */
  onData(chunk: Buffer): boolean;
  /** The peer's FIN; all data before it was delivered. */
  onEnd(): void;
  /** After a write that returned false: everything written so far has left user space. */
  onWritable(): void;
  /** Exactly once, always the last call. */
  onClose(error: Error | undefined): void;
}

export interface ConnectHandler extends ConnectionHandler {
  onConnect(): void;
}

/** The address is '' if the connection is gone. */
export interface ConnectionEnd {
  readonly address: string;
  readonly port: number;
}

export interface Connection {
  /** May be replaced at any time (pooling, upgrade). */
  handler: ConnectionHandler;
  /** The same for one client on every listener: an IPv4 address as such, and without an interface. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remote: ConnectionEnd;
  readonly local: ConnectionEnd;
  readonly bytesRead: number;
  /** Includes what is queued. */
  readonly bytesWritten: number;
  /** Of an HTTPS client, once its handshake is done. */
  readonly tlsVersion: string | undefined;
  readonly isDestroyed: boolean;
  /**
   * Strings are latin1. Returns true if all of it was handed to the kernel: the chunk's memory may be reused. Returns
   * false if it is queued: `onWritable` follows, and until then the chunk's memory belongs to this connection.
   */
  write(chunk: Buffer | string): boolean;
  pause(): void;
  resume(): void;
  /** FIN after what is queued. */
  end(): void;
  /** Closes now; what is queued is lost. */
  destroy(): void;
  /** RST now; what is queued is lost. */
  reset(): void;
}
