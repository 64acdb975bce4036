// Slow start as a pure function of the clock: a target that begins to take traffic reaches its whole weight gradually.
import type { TargetGroupSnapshot } from '../contract/snapshot.ts';

/**
 * Number of parts into which slow start divides each unit of weight. With whole parts even the smallest weight rises in
 * steps, and sums stay exact.
 */
export const RAMP_PARTS = 20;
/**
 * Number of parts with which slow start begins: a tenth of all parts. It is not 0, because a target without traffic
 * cannot warm up.
 */
const FIRST_PARTS = 2;

export interface RampingTarget {
  /** The target's configured weight, 0-100. */
  readonly fullWeight: number;
  /** When the target began to take traffic. `undefined` if that was before the runtime started. */
  readonly begunAtMs: number | undefined;
  /** The weight that pickers use: `fullWeight` times up to RAMP_PARTS. Only proportions within a target group count. */
  pickingWeight: number;
}

/**
 * Duration of slow start in a target group; 0 for none. A source-IP hash has none, because changing weights would move
 * its clients again and again.
 */
export function rampMsOf({ algorithm, slowStartMs }: Pick<TargetGroupSnapshot, 'algorithm' | 'slowStartMs'>): number {
  return algorithm === 'source-ip-hash' ? 0 : slowStartMs;
}

/** Returns how many of RAMP_PARTS parts of its weight a target has at `nowMs`. */
export function rampParts(begunAtMs: number | undefined, rampMs: number, nowMs: number): number {
  const elapsedMs = begunAtMs === undefined ? rampMs : Math.max(0, nowMs - begunAtMs);
  if (elapsedMs >= rampMs) return RAMP_PARTS;
  return FIRST_PARTS + Math.floor(((RAMP_PARTS - FIRST_PARTS) * elapsedMs) / rampMs);
}

/** Sets the picking weights of a target group's targets for `nowMs`. Returns `true` if some will still rise. */
export function ramp(targets: readonly RampingTarget[], rampMs: number, nowMs: number): boolean {
  let isRamping = false;
  for (const target of targets) {
    const parts = rampParts(target.begunAtMs, rampMs, nowMs);
    target.pickingWeight = target.fullWeight * parts;
    isRamping ||= parts < RAMP_PARTS && target.fullWeight > 0;
  }
  return isRamping;
}
