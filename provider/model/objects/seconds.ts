// Schemas of durations in seconds, with fractions.
import { z } from 'zod';

const LONGEST_SECONDS = 86_400;

/** Longest time in seconds for which a write waits for first checks, unless its object sets another. */
export const HANDOVER_SECONDS = 30;

/** A duration of at least 0.05 s and at most one day. */
export const seconds = z
  .number('must be a number of seconds')
  .min(0.05, 'must be at least 0.05 seconds')
  .max(LONGEST_SECONDS, 'must be at most 86400 seconds');

/** A duration of at least 0.05 s and at most one day, or 0, which turns the feature off. */
export const secondsOrZero = z
  .number('must be a number of seconds')
  .max(LONGEST_SECONDS, 'must be at most 86400 seconds')
  .refine((value) => value === 0 || value >= 0.05, 'must be 0 or at least 0.05 seconds');

export function toMs(value: number): number {
  return Math.round(value * 1000);
}
