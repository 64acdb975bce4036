// Measurement of a write: the time from the request that changes a weight to its response, which is sent after every
// worker uses the new weight.
import type { RuntimeProcess } from '../harness/runtime/runtime.ts';
import type { CleanUp } from './clean-up.ts';
import { putListener, startBenchRuntime } from './weir.ts';

/** Number of targets of the largest attachment. A listener with more targets has several attachments. */
const ATTACHMENT_TARGETS = 500;
const WARM_UP_WRITES = 50;
/**
 * Header that makes the response name only the patched target. Sending and reading all targets would cost more than the
 * write.
 */
const MINIMAL = { prefer: 'return=minimal' };
const MAX_MS = 30_000;

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
  sizes: readonly number[],
  writes: number,
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const runtimes: { runtime: RuntimeProcess; targets: number; latenciesMs: number[] }[] = [];
  for (const targets of sizes) {
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
