// The machine's monotonic clock, by which the age of stored health is known although the date may be changed.
import { readFileSync } from 'node:fs';
import type { BootTime } from '../../stored/object.ts';

/** A random id that Linux makes at each start of the machine. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

let bootId: string | undefined;

/** Returns `undefined` on a machine without Linux, or without access to /proc. */
export function bootTime(): BootTime | undefined {
  bootId ??= readBootId();
  if (bootId === '') return undefined;
  // CLOCK_MONOTONIC, unlike `performance.now()`, which begins anew in each process.
  return { bootId, monotonicMs: Number(process.hrtime.bigint()) / 1e6 };
}

interface Moment {
  readonly atMs: number;
  readonly boot: BootTime | undefined;
}

/**
 * Returns how long before `now` a moment was. Within one boot of the machine the date does not count. Returns
 * `undefined` if the moment seems to be later than `now`, because one of the two dates is wrong.
 */
export function ageMs(moment: Moment, now: Moment): number | undefined {
  const isSameBoot = moment.boot !== undefined && moment.boot.bootId === now.boot?.bootId;
  const age = isSameBoot ? now.boot.monotonicMs - moment.boot.monotonicMs : now.atMs - moment.atMs;
  return age >= 0 ? age : undefined;
}

function readBootId(): string {
  try {
    return readFileSync(BOOT_ID, 'latin1').trim();
  } catch {
    return '';
  }
}
