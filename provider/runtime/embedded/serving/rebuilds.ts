// Rebuilds of target sets after health changes: in slices, and for a part of a worker's time, however many targets change.

export interface Rebuildable {
  rebuild(): void;
}

/** Time that rebuilds may take at once. A single one takes up to 20 ms, for 10,000 targets and a source-IP hash. */
const SLICE_MS = 10;
/** Share of a worker's time that rebuilds may take in the long run. */
const SHARE = 0.5;

const waiting = new Set<Rebuildable>();
let isPlanned = false;
/** Time of rebuilds that is not made up for yet, at the time `countedAtMs`. */
let owedMs = 0;
let countedAtMs = 0;

/**
 * Rebuilds a target set at the end of this event-loop iteration, or later if rebuilds have taken much time. All changes
 * until then cost one rebuild.
 */
export function rebuildSoon(set: Rebuildable): void {
  waiting.add(set);
  if (isPlanned) return;
  isPlanned = true;
  setImmediate(run);
}

/** Forgets a target set that was rebuilt in another way. */
export function forgetRebuild(set: Rebuildable): void {
  waiting.delete(set);
}

function run(): void {
  const now = performance.now();
  owedMs = Math.max(0, owedMs - (now - countedAtMs) * SHARE);
  countedAtMs = now;
  for (const set of waiting) {
    if (owedMs > SLICE_MS) break;
    waiting.delete(set);
    set.rebuild();
    const endedAtMs = performance.now();
    owedMs += endedAtMs - countedAtMs;
    countedAtMs = endedAtMs;
  }
  isPlanned = waiting.size > 0;
  if (isPlanned) setTimeout(run, (owedMs - SLICE_MS) / SHARE).unref();
}
