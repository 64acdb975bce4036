// A clock that all threads of the process share, and that no change of the date moves.

/** Milliseconds on a clock that is equal in all threads; `performance.now()` counts from each thread's own start. */
export function sharedNowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
