// Slow start as a pure function of the clock: a target that begins to take traffic comes to its whole weight by and by.
import type { TargetGroupSnapshot } from '../contract/snapshot.ts';

/** A weight is a whole number of these parts of it, so that the smallest one has steps too, and sums stay exact. */
export const RAMP_PARTS = 20;
/** A tenth: what has no traffic does not warm up. */
const FIRST_PARTS = 2;

export interface RampingTarget {
  /** As the model has it. */
  readonly fullWeight: number;
  /** When it began to take traffic; undefined: before anybody looked. */
  readonly begunAtMs: number | undefined;
  /** What pickers go by: only the proportions between the targets of one group count. */
  pickingWeight: number;
}

/** How long a ramp of the group takes, 0: none. A hash by weights that change would move clients again and again. */
export function rampMsOf({ algorithm, slowStartMs }: Pick<TargetGroupSnapshot, 'algorithm' | 'slowStartMs'>): number {
  return algorithm === 'source-ip-hash' ? 0 : slowStartMs;
}

/** How many parts of its weight a target has. */
export function rampParts(begunAtMs: number | undefined, rampMs: number, nowMs: number): number {
  const elapsedMs = begunAtMs === undefined ? rampMs : Math.max(0, nowMs - begunAtMs);
  if (elapsedMs >= rampMs) return RAMP_PARTS;
  return FIRST_PARTS + Math.floor(((RAMP_PARTS - FIRST_PARTS) * elapsedMs) / rampMs);
}

/** Gives the targets of a group the weights of this moment; true: later ones differ. */
export function ramp(targets: readonly RampingTarget[], rampMs: number, nowMs: number): boolean {
  let isRamping = false;
  for (const target of targets) {
    const parts = rampParts(target.begunAtMs, rampMs, nowMs);
    target.pickingWeight = target.fullWeight * parts;
    isRamping ||= parts < RAMP_PARTS && target.fullWeight > 0;
  }
  return isRamping;
}
