// Slow start as a pure function of the clock: a target that begins to take traffic comes to its whole weight by and by.

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
  weight: number;
}

/** How many parts of its weight a target has. */
export function rampParts(begunAtMs: number | undefined, slowStartMs: number, nowMs: number): number {
  const elapsedMs = begunAtMs === undefined ? slowStartMs : Math.max(0, nowMs - begunAtMs);
  if (elapsedMs >= slowStartMs) return RAMP_PARTS;
  return FIRST_PARTS + Math.floor(((RAMP_PARTS - FIRST_PARTS) * elapsedMs) / slowStartMs);
}

/** Gives the targets of a group the weights of this moment; true: later ones differ. */
export function ramp(targets: readonly RampingTarget[], slowStartMs: number, nowMs: number): boolean {
  let isRamping = false;
  for (const target of targets) {
    const parts = rampParts(target.begunAtMs, slowStartMs, nowMs);
    target.weight = target.fullWeight * parts;
    isRamping ||= parts < RAMP_PARTS && target.fullWeight > 0;
  }
  return isRamping;
}
