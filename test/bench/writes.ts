// Measurement of a write: the time from the request that changes a weight to its response, which is sent after every
// worker uses the new weight.
import type { RuntimeProcess } from '../harness/runtime/runtime.ts';
import type { CleanUp } from './clean-up.ts';
import type { GoalValues } from './judgement.ts';
import { digits, ratios } from './markdown.ts';
import { median } from './statistics.ts';
import { putListener, startBenchRuntime } from './weir.ts';

/** Numbers of targets of the listeners whose writes are measured. */
export const WRITE_SIZES = [10, 500, 1_000, 10_000] as const;

/** Number of targets of the largest attachment. A listener with more targets has several attachments. */
const ATTACHMENT_TARGETS = 500;
const WARM_UP_WRITES = 50;
/**
 * Header that makes the response name only the patched target. Sending and reading all targets would cost more than the
 * write.
 */
const MINIMAL = { prefer: 'return=minimal' };
const MAX_MS = 60_000;

export interface WriteResult {
  readonly targets: number;
  /** Duration of each write in milliseconds. */
  readonly latenciesMs: readonly number[];
}

/**
 * Measures the writes in one runtime for each number of targets. The runtimes take turns, so that other work of the
 * machine affects all alike.
 */
export async function measureWrites(
  cleanUp: CleanUp,
  writes: number,
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const runtimes: { runtime: RuntimeProcess; targets: number; latenciesMs: number[] }[] = [];
  for (const targets of WRITE_SIZES) {
    runtimes.push({ runtime: await startWithTargets(cleanUp, targets), targets, latenciesMs: [] });
  }
  const deadline = performance.now() + MAX_MS;
  for (let write = 0; write < WARM_UP_WRITES + writes && performance.now() < deadline; write++) {
    for (const { runtime, latenciesMs } of runtimes) {
      signal.throwIfAborted();
      // The weight always differs from the present one, because a write without a change would measure nothing.
      const targets = { t0: { weight: 1 + (write % 2) } };
      const startedAt = performance.now();
      const { status } = await runtime.call('PATCH', '/v1/attachments/pool-0', { targets }, MINIMAL);
      if (status !== 200) throw new Error(`the patch got the status ${status}`);
      if (write >= WARM_UP_WRITES) latenciesMs.push(performance.now() - startedAt);
    }
  }
  return runtimes.map(({ targets, latenciesMs }) => ({ targets, latenciesMs }));
}

/** Returns the values of the goals: in each part of the writes, the median of each size to that among 10 targets. */
export function writeGoals(results: readonly WriteResult[], rounds: number): GoalValues {
  const medians = results.map(({ latenciesMs }) => parts(latenciesMs, rounds).map(median));
  const [base = []] = medians;
  const values = results.map(({ targets }, i) => {
    const note = `${digits(median(medians[i] ?? []))} ms to ${digits(median(base))} ms`;
    return [`weight-${targets}`, { values: ratios(medians[i] ?? [], base), note }];
  });
  return Object.fromEntries(values);
}

/** Cuts a list into at most `count` parts of the same length; the rest of the list is left out. */
function parts(values: readonly number[], count: number): readonly (readonly number[])[] {
  const length = Math.max(1, Math.floor(values.length / count));
  const all = Array.from({ length: count }, (_, i) => values.slice(i * length, (i + 1) * length));
  return all.filter((part) => part.length === length);
}

async function startWithTargets(cleanUp: CleanUp, count: number): Promise<RuntimeProcess> {
  const runtime = await startBenchRuntime(cleanUp);
  await putListener(runtime, 'HTTP');
  for (let first = 0; first < count; first += ATTACHMENT_TARGETS) {
    const length = Math.min(ATTACHMENT_TARGETS, count - first);
    const targets = Object.fromEntries(
      Array.from({ length }, (_, i) => {
        const n = first + i;
        return [`t${i}`, { address: `127.1.${n >> 8}.${n & 255}`, port: 80 }];
      }),
    );
    const path = `/v1/attachments/pool-${first / ATTACHMENT_TARGETS}`;
    await runtime.done('PUT', path, { listenerId: 'HTTP', targets });
  }
  return runtime;
}
