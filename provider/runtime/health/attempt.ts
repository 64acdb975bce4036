// The bounds of one check: its first result counts, and neither a connection nor a timer outlives it.

/** Called with undefined where the check passed, else with what was wrong; only the first call counts. */
type Finish = (problem: string | undefined) => void;

interface AttemptOptions {
  readonly timeoutMs: number;
  /** What was wrong where the time is over; undefined: nothing. */
  readonly late: string | undefined;
  /** Ends the check. */
  readonly signal: AbortSignal;
}

/** `begin` starts the check; what it returns is destroyed exactly once, when there is a result. */
export function attempt(
  { timeoutMs, late, signal }: AttemptOptions,
  begin: (finish: Finish) => { destroy(): void },
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  let isFinished = false;
  let running: { destroy(): void } | undefined;
  const finish: Finish = (problem) => {
    if (isFinished) return;
    isFinished = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    running?.destroy();
    resolve(problem);
  };
  const abort = () => finish('the check was ended');
  const timer = setTimeout(() => finish(late), timeoutMs);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  else running = begin(finish);
  return promise;
}
