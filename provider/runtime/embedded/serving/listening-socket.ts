// The interface of a worker's listening sockets for TCP and UDP, which may pass from one listener to another.
import type { WorkerListener } from './worker-listener.ts';

export interface ListeningSocket {
  /** True once a listener is served on the listening socket. */
  readonly isServing: boolean;
  /** Begins to serve a listener, or passes the socket and its clients to another listener. */
  serve(listener: WorkerListener): void;
  /** Closes client connections: idle ones at once, the others when they finish. Call it only after `close`. */
  closeConnections(): void;
  /** Resolves when the listening socket has no client left. Call it only after `close`. */
  empty(): Promise<void>;
  /** Stops listening. Resolves when the socket is closed and the clients in its queue are served. */
  close(): Promise<void>;
}
