// The verdict on each goal: the median of its values, the 95 % interval of the median, and whether the goal is met.
import { GOALS, type Goal } from './goals.ts';
import { ratios } from './markdown.ts';
import type { BenchSample, ScenarioResult } from './scenarios.ts';
import { median, medianInterval } from './statistics.ts';

/** Values of a goal by its name, one for each round; a note says more than a ratio does, such as seconds. */
export type GoalValues = Readonly<Record<string, { readonly values: readonly number[]; readonly note?: string }>>;

export interface GoalRow {
  readonly name: string;
  readonly what: string;
  /** Median of the rounds. */
  readonly value: number;
  readonly interval: readonly [low: number, high: number];
  readonly rounds: number;
  readonly bound: Goal['bound'];
  readonly goal: number;
  readonly unit: Goal['unit'];
  /** Whether the median reaches the goal. */
  readonly met: boolean;
  /** Whether the interval contains the goal, so that the rounds do not tell on which side of it the median is. */
  readonly tie: boolean;
  readonly note?: string;
}

/** Judges the goals that were measured; the others have no row. */
export function judge(scenarios: readonly ScenarioResult[], measured: GoalValues): readonly GoalRow[] {
  return GOALS.flatMap((goal) => {
    const { values, note } = valuesOf(goal, scenarios, measured);
    return values.length === 0 || values.some(Number.isNaN) ? [] : [rowOf(goal, values, note)];
  });
}

function rowOf({ name, what, bound, goal, unit }: Goal, values: readonly number[], note?: string): GoalRow {
  const value = median(values);
  const interval = medianInterval(values);
  const [low, high] = interval;
  const met = bound === 'at least' ? value >= goal : value <= goal;
  // An interval of one value, as from a single round, says nothing about the rounds.
  const tie = low < high && low <= goal && goal <= high;
  return { name, what, value, interval, rounds: values.length, bound, goal, unit, met, tie, note };
}

function valuesOf(
  { name, by, compared }: Goal,
  scenarios: readonly ScenarioResult[],
  measured: GoalValues,
): GoalValues[string] {
  if (compared === undefined) return measured[name] ?? { values: [] };
  const samples = scenarios.find(({ scenario }) => scenario.name === by)?.samples;
  const [weir = [], base = []] = [samples?.get('weir'), samples?.get(compared.to)];
  const figure = ({ requestsPerSecond, cpuMicros, p99Ms }: BenchSample) =>
    ({ speed: requestsPerSecond, cpu: cpuMicros ?? Number.NaN, p99: p99Ms })[compared.figure];
  return { values: ratios(weir.map(figure), base.map(figure)) };
}
