// Whether the peers of a connection still take what was written to them, although nothing was written for a while.
import { lookUpOutput, type Output } from './acknowledged.ts';
import type { Connection } from './connection.ts';

/**
 * Watches the output of one exchange, tunnel or flow. It looks only when an idle time has passed, so that connections
 * that are not slow cost nothing.
 */
export class OutputWatch {
  /** The output at the last look. `undefined` before the first one. */
  #last: Output | undefined;
  #isLooking = false;
  /** Number of the exchange that is watched: a look that began in an earlier one has no result. */
  #number = 0;

  /** Starts with another exchange on the connections. */
  start(): void {
    this.#last = undefined;
    this.#isLooking = false;
    this.#number++;
  }

  /**
   * Looks once at the output of the connections after an idle time; further calls are ignored until it has a result.
   * `decide` gets the output if it moves: the peers have taken something since the last look, or there was none and
   * something is outstanding. Otherwise it gets `undefined`.
   */
  look(connections: readonly (Connection | undefined)[], decide: (moving: Output | undefined) => void): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const number = this.#number;
    const present = connections.filter((connection) => connection !== undefined);
    lookUpOutput(present, (output) => {
      if (number !== this.#number) return;
      this.#isLooking = false;
      const before = this.#last;
      this.#last = output;
      decide(output !== undefined && isMoving(output, before) ? output : undefined);
    });
  }
}

function isMoving(output: Output, before: Output | undefined): boolean {
  if (before === undefined) return output.outstanding > 0;
  // Once all is acknowledged, it does not matter how fast a peer on this machine reads it.
  return output.acknowledged > before.acknowledged || (output.outstanding > 0 && output.read > before.read);
}
