// The spread of health checks over the interval, so many targets are not checked at the same moment. Pure.
import { hashOf } from '../select/hash.ts';

/** Wait before the second check of a target, above 0 and at most the interval; always the same for the same name. */
export function spreadMs(intervalMs: number, name: string): number {
  return (intervalMs * (hashOf(name, 0) + 1)) / 2 ** 32;
}
