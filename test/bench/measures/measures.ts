// All measurements of goals that no scenario gives, in the order of the report.
import { CleanUp } from '../clean-up.ts';
import type { GoalValues } from '../judgement.ts';
import { measureBinds } from './binds.ts';
import { measureClientNetworks } from './client-networks.ts';
import { measureFullLoad } from './full-load.ts';
import { measureIdle } from './idle.ts';
import { measureImporting } from './importing.ts';
import type { Measure, MeasureContext } from './measure.ts';
import { measurePicks } from './picks.ts';
import { measureStart } from './start.ts';
import { measureUnchanged } from './unchanged.ts';
import { measureWriters } from './writers.ts';

export const MEASURES: Readonly<Record<string, Measure>> = {
  idle: measureIdle,
  start: measureStart,
  fullLoad: measureFullLoad,
  binds: measureBinds,
  writers: measureWriters,
  picks: measurePicks,
  clientNetworks: measureClientNetworks,
  unchanged: measureUnchanged,
  importing: measureImporting,
};

/** Returns the values of each chosen measurement, by its name. */
export async function measureGoals(
  names: readonly string[],
  context: MeasureContext,
): Promise<Readonly<Record<string, GoalValues>>> {
  const results: Record<string, GoalValues> = {};
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (!names.includes(name)) continue;
    context.signal.throwIfAborted();
    context.say(`goals: ${name}`);
    const own = new CleanUp();
    context.cleanUp.after(() => own.run());
    results[name] = await measure({ ...context, cleanUp: own });
    await own.run();
  }
  return results;
}
