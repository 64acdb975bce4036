// How a binding closes without losing what its socket's queue in the kernel holds.

/** Under a stream of clients the queue is never empty; an acknowledgement does not wait longer for it. */
const DEADLINE_MS = 100;

/** Resolves when a whole turn took nothing more; `taken` counts what came out of the queue so far. */
export async function queueEmptied(taken: () => number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  let seen = -1;
  while (seen !== taken() && performance.now() < deadline) {
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
