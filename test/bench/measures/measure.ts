// A measurement of goals that no scenario gives: its context and its result.
import type { BoundContext } from '../bounds/bound.ts';
import type { GoalValues } from '../judgement.ts';

export interface MeasureContext extends BoundContext {
  /** Number of values of each goal. A measurement that takes long may take fewer. */
  readonly rounds: number;
  readonly say: (text: string) => void;
}

export type Measure = (context: MeasureContext) => Promise<GoalValues>;

/** Returns the numbers of the rounds from 0, at most `max` of them. Throws between two rounds if the run was aborted. */
export function* roundsOf({ rounds, signal }: MeasureContext, max = rounds): Iterable<number> {
  for (let round = 0; round < Math.min(rounds, max); round++) {
    signal.throwIfAborted();
    yield round;
  }
}
