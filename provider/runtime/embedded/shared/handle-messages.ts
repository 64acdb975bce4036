// Messages of the channel through which a worker gets its listening sockets from the main thread.

/** Where a worker asks for its sockets. */
export interface HandlesAt {
  readonly path: string;
  readonly secret: string;
}

/** The question of a worker for its sockets of an endpoint, given by name. */
export interface HandleQuestion {
  readonly secret: string;
  readonly workerId: number;
  readonly endpoint: string;
}

/** One socket of an endpoint, which comes with the message, or the end of them. */
export interface HandleReply {
  readonly endpoint: string;
  readonly isLast: boolean;
}
