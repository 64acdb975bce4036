// How a binding closes without losing what its socket's queue in the kernel holds.

/** The longest queue: the backlog that a TCP socket asks for, and more datagrams than a receive buffer holds by default. */
export const MAX_QUEUED = 4096;
/** A turn takes one connection, so that on a busy machine a queue needs its time; half of what a worker has for a swap. */
const DEADLINE_MS = 1_000;

/**
 * Resolves when a whole turn took nothing more, or when all that can have been there at first is out: under a stream of
 * clients the queue is never empty. `taken` counts what came out of it so far.
 */
export async function queueEmptied(taken: () => number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  const last = taken() + MAX_QUEUED;
  let seen = -1;
  while (seen !== taken() && seen < last && performance.now() < deadline) {
    seen = taken();
    await pollPassed();
  }
}

/** Resolves when all that the kernel has by now was told of: the first immediate may end the turn under way, the second has a whole poll before it. */
export async function pollPassed(): Promise<void> {
  await immediate();
  await immediate();
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
