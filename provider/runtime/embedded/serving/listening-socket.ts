// The seam of the two transports: an open endpoint of a worker, which goes from listener to listener.
import type { WorkerListener } from './worker-listener.ts';

export interface ListeningSocket {
  readonly isServing: boolean;
  /** Begins to serve, or changes the listener in place. */
  serve(listener: WorkerListener): void;
  /** Lets what is under way finish, and closes what is idle; to be asked for once it is closing. */
  closeConnections(): void;
  /** Resolves when no client is left; to be asked for once it is closed. */
  empty(): Promise<void>;
  /** Resolves when the socket is closed, and what its queue held is served. */
  close(): Promise<void>;
}
