// The coarse timer of a worker: everything of HTTP and UDP that has a deadline is checked at its ticks.

/** How late a deadline may be noticed. A timer for each request would cost more than parsing the request. */
const TICK_MS = 100;

export interface Timed {
  /** Called at each tick of the worker's coarse timer. `now` is the time of the tick, by `performance.now()`. */
  checkDeadline(now: number): void;
}

const watched = new Set<Timed>();
let timer: NodeJS.Timeout | undefined;

/** Checks `timed` at every tick until `unwatch`. The timer runs only while something is watched. */
export function watch(timed: Timed): void {
  watched.add(timed);
  timer ??= setInterval(tick, TICK_MS).unref();
}

export function unwatch(timed: Timed): void {
  watched.delete(timed);
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/**
 * Calls `giveUp` when a time is over and all that waits in the kernel then was read. Returns the function that prevents
 * the call. It is for the few deadlines that need a timer of their own.
 */
export function giveUpAfter(timeoutMs: number, giveUp: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const own = setTimeout(() => {
    immediate = setImmediate(giveUp);
  }, timeoutMs);
  return () => {
    clearTimeout(own);
    clearImmediate(immediate);
  };
}

/**
 * Checks all deadlines after this iteration has read what waits in the kernel. A worker that was busy for longer than an
 * idle time has read nothing meanwhile, and its peers are not late.
 */
function tick(): void {
  const now = performance.now();
  setImmediate(() => {
    for (const timed of watched) timed.checkDeadline(now);
  }).unref();
}
