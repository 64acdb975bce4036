// One attempt of a health check: bounded in time, with exactly one result, after which no connection or timer is left.

/** Reports the result of a check: `undefined` if the check passed, else the problem. Only the first call counts. */
type Finish = (problem: string | undefined) => void;

interface AttemptOptions {
  readonly timeoutMs: number;
  /** Problem of a check that has no result when the timeout ends; `undefined` if such a check passes. */
  readonly late: string | undefined;
  /** Signal whose abort ends the check. */
  readonly signal: AbortSignal;
}

/** Runs one check. `begin` starts the check and returns its connection, which is destroyed once there is a result. */
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
