// All bounds of the benchmark in the order of the report. Each measurement begins after the previous one was cleaned
// up.
import { CleanUp } from '../clean-up.ts';
import type { BoundContext, BoundResult, MeasureBound } from './bound.ts';
import { measureCrowd } from './crowd.ts';
import { measureDeployments } from './deployments.ts';
import { measureEvents } from './events.ts';
import { measureFewPorts } from './few-ports.ts';
import { measureFullDisk } from './full-disk.ts';
import { measureLongResponses } from './long-responses.ts';
import { measureMass } from './mass.ts';
import { measureMemory } from './memory.ts';
import { measureOpenFiles } from './open-files.ts';
import { measurePrefork } from './prefork.ts';
import { measureShares } from './shares.ts';
import { measureShutdown } from './shutdown.ts';
import { measureSlowReaders } from './slow-readers.ts';
import { measureUnbind } from './unbind.ts';
import { measureWrongClock } from './wrong-clock.ts';

export const BOUNDS: Readonly<Record<string, MeasureBound>> = {
  events: measureEvents,
  unbind: measureUnbind,
  mass: measureMass,
  memory: measureMemory,
  longResponses: measureLongResponses,
  crowd: measureCrowd,
  openFiles: measureOpenFiles,
  fewPorts: measureFewPorts,
  prefork: measurePrefork,
  slowReaders: measureSlowReaders,
  fullDisk: measureFullDisk,
  wrongClock: measureWrongClock,
  shares: measureShares,
  shutdown: measureShutdown,
  deployments: measureDeployments,
};

/** Returns the rows of each chosen bound, by its name. */
export async function measureBounds(
  names: readonly string[],
  { cleanUp, ...context }: BoundContext,
  say: (text: string) => void,
): Promise<Readonly<Record<string, readonly BoundResult[]>>> {
  const results: Record<string, readonly BoundResult[]> = {};
  for (const [name, measure] of Object.entries(BOUNDS)) {
    if (!names.includes(name)) continue;
    context.signal.throwIfAborted();
    say(`bounds: ${name}`);
    const own = new CleanUp();
    cleanUp.after(() => own.run());
    const measured = await measure({ ...context, cleanUp: own });
    for (const row of measured) say(`  ${row.what}: ${row.measured}`);
    results[name] = measured;
    await own.run();
  }
  return results;
}
