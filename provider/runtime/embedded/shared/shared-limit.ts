// Limits that hold over all workers: each worker counts in cells of its own, and the sum is held below the limit.

/** Attempts to reserve a place under a limit. Only workers that reserve at the same moment need more than one. */
const MAX_TRIES = 100;

/** The same cell of every worker: every `stride`-th integer from `first` on. */
export interface CellsOfWorkers {
  readonly ints: Int32Array;
  readonly first: number;
  readonly stride: number;
}

/** The sum over all workers of a cell that holds whole numbers. */
export function sumOf({ ints, first, stride }: CellsOfWorkers): number {
  let total = 0;
  for (let at = first; at < ints.length; at += stride) total += Atomics.load(ints, at);
  return total;
}

/**
 * Reserves one place of a limit that holds for all workers. It adds one to the worker's own cell, sums the cells of all
 * workers, and subtracts the one again if the sum is above the limit. If several workers reserve at once, each sees
 * every earlier addition. If the sum is below the limit after the subtraction, another worker has subtracted too, and
 * the attempt is repeated.
 */
export function reserve(cells: CellsOfWorkers, own: number, limit: number): boolean {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    Atomics.add(cells.ints, own, 1);
    if (sumOf(cells) <= limit) return true;
    Atomics.sub(cells.ints, own, 1);
    if (sumOf(cells) >= limit) return false;
  }
  return false;
}
