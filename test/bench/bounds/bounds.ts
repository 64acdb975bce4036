// All bounds of the benchmark in the order of the report. Each measurement begins after the previous one was cleaned
// up.
import { CleanUp } from '../clean-up.ts';
import type { BoundContext, BoundResult, MeasureBound } from './bound.ts';
import { measureCrowd } from './crowd.ts';
import { measureDeployments } from './deployments.ts';
import { measureEvents } from './events.ts';
import { measureLongResponses } from './long-responses.ts';
import { measureMass } from './mass.ts';
import { measureMemory } from './memory.ts';
import { measureOpenFiles } from './open-files.ts';
import { measureShares } from './shares.ts';
import { measureShutdown } from './shutdown.ts';
import { measureUnbind } from './unbind.ts';

const BOUNDS: Readonly<Record<string, MeasureBound>> = {
  events: measureEvents,
  unbind: measureUnbind,
  mass: measureMass,
  memory: measureMemory,
  longResponses: measureLongResponses,
  crowd: measureCrowd,
  openFiles: measureOpenFiles,
  shares: measureShares,
  shutdown: measureShutdown,
  deployments: measureDeployments,
};

export async function measureBounds(
  { programs, cleanUp, signal }: BoundContext,
  say: (text: string) => void,
): Promise<readonly BoundResult[]> {
  const results: BoundResult[] = [];
  for (const [name, measure] of Object.entries(BOUNDS)) {
    signal.throwIfAborted();
    say(`bounds: ${name}`);
    const own = new CleanUp();
    cleanUp.after(() => own.run());
    results.push(...(await measure({ programs, cleanUp: own, signal })));
    await own.run();
  }
  return results;
}
