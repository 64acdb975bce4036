// Why a message is not taken: the status that its sender's peer gets and the reason; what the pure parsers return.

export interface Refusal {
  /** What the client is told. A fault of a backend's answer is always 502, whatever status is given here. */
  readonly status: number;
  readonly reason: string;
}

export function refusal(status: number, reason: string): Refusal {
  return Object.freeze({ status, reason });
}
