// One attempt of a health check: bounded in time, with exactly one result, after which no connection or timer is left.
import { type Shortage, shortageOf } from '../contract/shortage.ts';

/**
 * The result of a check: `undefined` if the check passed, else the problem. A shortage of the runtime is no result about
 * the target.
 */
export type CheckResult = string | Shortage | undefined;

/** The result of a check that was ended from outside, which nobody reads. */
export const ENDED_CHECK = 'the check was ended';

/** Reports the result of a check. Only the first call counts. */
type Finish = (result: CheckResult) => void;

interface AttemptOptions {
  readonly timeoutMs: number;
  /** Problem of a check that has no result when the timeout ends; `undefined` if such a check passes. */
  readonly late: string | undefined;
  /** Signal whose abort ends the check. */
  readonly signal: AbortSignal;
}

/** Delay of the timeout from which on the process itself has stood still, so that the target gets that time again. */
const STANDSTILL_MS = 100;

/** Runs one check. `begin` starts the check and returns its connection, which is destroyed once there is a result. */
export function attempt(
  { timeoutMs, late, signal }: AttemptOptions,
  begin: (finish: Finish) => { destroy(): void },
): Promise<CheckResult> {
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  let isFinished = false;
  let running: { destroy(): void } | undefined;
  const finish: Finish = (result) => {
    if (isFinished) return;
    isFinished = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    running?.destroy();
    resolve(result);
  };
  const abort = () => finish(ENDED_CHECK);
  const endAfter = (waitMs: number): NodeJS.Timeout => {
    const dueMs = performance.now() + waitMs;
    return setTimeout(() => {
      const lostMs = performance.now() - dueMs;
      if (lostMs > STANDSTILL_MS) timer = endAfter(Math.min(lostMs, timeoutMs));
      else finish(late);
    }, waitMs);
  };
  let timer = endAfter(timeoutMs);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  else running = begin(finish);
  return promise;
}

/** The result of a check that has failed with an error. */
export function resultOf(error: Error): CheckResult {
  return shortageOf(error) ?? error.message;
}
