// Durations as the model writes them: seconds, fractions allowed.
import { z } from 'zod';

const LONGEST_SECONDS = 86_400;

/** How long a write waits at most for first checks, where its object says nothing else. */
export const HANDOVER_SECONDS = 30;

/** At least 0.05 s and at most a day. */
export const seconds = z
  .number('must be a number of seconds')
  .min(0.05, 'must be at least 0.05 seconds')
  .max(LONGEST_SECONDS, 'must be at most 86400 seconds');

/** The same, and 0 turns it off. */
export const secondsOrZero = z
  .number('must be a number of seconds')
  .max(LONGEST_SECONDS, 'must be at most 86400 seconds')
  .refine((value) => value === 0 || value >= 0.05, 'must be 0 or at least 0.05 seconds');

export function toMs(value: number): number {
  return Math.round(value * 1000);
}
