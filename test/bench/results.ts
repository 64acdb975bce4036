// The results of the benchmark as they are stored, so that one part can be measured anew and the others stay.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BoundResult } from './bounds/bound.ts';
import type { GoalValues } from './judgement.ts';
import type { Machine } from './machine.ts';
import { type BenchSample, SCENARIOS, type ScenarioResult, type Way } from './scenarios.ts';
import type { SoakResult } from './soak/soak-result.ts';
import type { WriteResult } from './writes.ts';

const FILE = fileURLToPath(new URL('results.json', import.meta.url));
/** Digits of the stored numbers, more than a table shows. */
const DIGITS = 5;

/** A part of the benchmark with the machine on which it was measured, as an index of `machines`. */
type Measured<T> = T & { readonly machine: number };
type Named<T> = Readonly<Record<string, Measured<T>>>;

export interface Results {
  readonly machines: readonly Machine[];
  readonly scenarios: Named<{
    readonly seconds: number;
    readonly samples: Readonly<Partial<Record<Way, readonly BenchSample[]>>>;
  }>;
  readonly writes?: Measured<{ readonly sizes: readonly WriteResult[]; readonly rounds: number }>;
  readonly bounds: Named<{ readonly rows: readonly BoundResult[] }>;
  /** Values of the goals by measurement. */
  readonly goals: Named<{ readonly values: GoalValues }>;
  readonly soak?: Measured<{ readonly result: SoakResult }>;
}

export const NO_RESULTS: Results = { machines: [], scenarios: {}, bounds: {}, goals: {} };

/** Returns the results of the scenarios in their usual order. */
export function scenarioResults({ scenarios }: Results): readonly ScenarioResult[] {
  return SCENARIOS.flatMap((scenario) => {
    const found = scenarios[scenario.name];
    return found === undefined
      ? []
      : [{ scenario, samples: new Map(Object.entries(found.samples) as [Way, readonly BenchSample[]][]) }];
  });
}

/** Returns the newer results, and those of the older ones that were not measured anew. */
export function mergeResults(older: Results, newer: Results): Results {
  const { length } = older.machines;
  const moved = <T extends { readonly machine: number }>(part: T): T => ({ ...part, machine: part.machine + length });
  const all = <T extends { readonly machine: number }>(parts: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, moved(part)]));
  return withoutUnused({
    machines: [...older.machines, ...newer.machines],
    scenarios: { ...older.scenarios, ...all(newer.scenarios) },
    writes: newer.writes === undefined ? older.writes : moved(newer.writes),
    bounds: { ...older.bounds, ...all(newer.bounds) },
    goals: { ...older.goals, ...all(newer.goals) },
    soak: newer.soak === undefined ? older.soak : moved(newer.soak),
  });
}

/** Returns the names of the parts that were measured on a machine. */
export function measuredOn(results: Results, machine: number): readonly string[] {
  return everyPart(results).flatMap(([name, part]) => (part.machine === machine ? [name] : []));
}

function everyPart({ scenarios, writes, bounds, goals, soak }: Results) {
  const single = Object.entries({ writes, soak }).flatMap(([name, part]) => (part ? [[name, part] as const] : []));
  return [...Object.entries(scenarios), ...Object.entries(bounds), ...Object.entries(goals), ...single] as const;
}

/** Leaves out the machines on which no part was measured that is left. */
function withoutUnused(results: Results): Results {
  const used = [...new Set(everyPart(results).map(([, { machine }]) => machine))].sort((a, b) => a - b);
  const place = <T extends { readonly machine: number }>(part: T): T => ({
    ...part,
    machine: used.indexOf(part.machine),
  });
  const all = <T extends { readonly machine: number }>(parts: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, place(part)]));
  const { machines, scenarios, writes, bounds, goals, soak } = results;
  return {
    machines: machines.filter((_, index) => used.includes(index)),
    scenarios: all(scenarios),
    writes: writes && place(writes),
    bounds: all(bounds),
    goals: all(goals),
    soak: soak && place(soak),
  };
}

export function readResults(): Results {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : NO_RESULTS;
}

export function writeResults(results: Results): void {
  const round = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(DIGITS)) : value;
  // Lists of numbers stay on one line each, so that a difference of two runs can be read.
  const text = JSON.stringify(results, round, 1).replace(/\[[\d.,\s-]+\]/g, (list) => list.replace(/\s+/g, ' '));
  writeFileSync(FILE, `${text}\n`);
}
