// When a target is checked within the interval: by its name, so that many targets are not checked in one moment. Pure.
import { hashOf } from '../select/hash.ts';

/** Above 0 and at most the interval; of the same name always the same. */
export function spreadMs(intervalMs: number, name: string): number {
  return (intervalMs * (hashOf(name, 0) + 1)) / 2 ** 32;
}
