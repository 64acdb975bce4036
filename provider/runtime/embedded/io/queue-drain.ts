// Draining a listening socket: it closes only after the kernel's queue of connections or datagrams was taken out.

/**
 * Upper bound of the entries in the kernel's queue of a listening socket: the backlog of a TCP socket. The receive
 * buffer of a UDP socket holds fewer datagrams by default.
 */
export const MAX_QUEUED = 4096;
/**
 * Time limit for the draining of a listening socket. One event-loop iteration takes one connection, so a busy machine
 * needs time for a long queue. The limit is half of the time that a worker has for a swap.
 */
const DEADLINE_MS = 1_000;

/**
 * Resolves when the kernel's queue of a listening socket is empty, that is when a whole event-loop iteration took
 * nothing from it. Resolves at the latest when as much was taken as the queue can have held at first: under a steady
 * stream of clients it is never empty. `taken` returns how many connections or datagrams were taken so far.
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

/**
 * Resolves when everything that is in the kernel by now was reported. The first immediate may end the present
 * event-loop iteration; the second one has a whole poll before it.
 */
export async function pollPassed(): Promise<void> {
  await immediate();
  await immediate();
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
