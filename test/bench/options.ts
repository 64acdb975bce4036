// The command line of the benchmark.
import { parseArgs } from 'node:util';
import { BOUNDS } from './bounds/bounds.ts';
import { MEASURES } from './measures/measures.ts';
import { type BenchScenario, KEPT_SCENARIOS, SCENARIOS } from './scenarios.ts';

export const BENCH_USAGE = `npm run bench -- [options]
  without options, or with --install or --json alone, it measures everything and writes test/bench/README.md
  --quick            1 round of 1 second, for a first impression; with --against: a comparison of two checkouts
  --rounds N         rounds of each scenario and each goal (6)
  --seconds N        length of one measurement (1)
  --scenario NAME    only this scenario; may be repeated: ${SCENARIOS.map(({ name }) => name).join(', ')},
                     writes, goals, bounds
  --goal NAME        only this measurement of goals; may be repeated: ${Object.keys(MEASURES).join(', ')}
  --bound NAME       only this bound; may be repeated: ${Object.keys(BOUNDS).join(', ')}
  --reader-seconds N how long slow readers are watched (90)
  --peers-only       measure only the peers, without Weir
  --against FOLDER   measure also the Weir of another checkout
  --soak [MINUTES]   only the soak (30 minutes): load with all kinds of changes
  --no-take-over     leave take-overs out of the soak
  --json             print the goals as JSON: { rows: [{ name, value, goal, met, ... }] }, without those not measured
  --write            write what was measured to test/bench/README.md, and keep the former results of the rest
  --install          install what is missing with apt-get, and build the newest HAProxy and nginx (needs root)
`;

/** Names of the groups of measurements that concern only Weir and no peer. */
const WEIR_ONLY: readonly string[] = ['writes', 'goals', 'bounds'];
const MAX_READER_SECONDS = 3600;
const MAX_SOAK_MINUTES = 24 * 60;
const SOAK_MINUTES = '30';
/** The fewest rounds whose interval has 95 %. */
const ROUNDS = '6';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly BenchScenario[];
  readonly hasWrites: boolean;
  /** Names of the measurements of goals. */
  readonly goals: readonly string[];
  /** Names of the bounds to measure. */
  readonly bounds: readonly string[];
  readonly readerSeconds: number;
  readonly hasWeir: boolean;
  readonly hasPeers: boolean;
  /** Folder of another checkout of Weir, which is measured too. */
  readonly against: string | undefined;
  /** Length of the soak; `undefined` without a soak. */
  readonly soakMinutes: number | undefined;
  readonly hasTakeOvers: boolean;
  /** Whether the result is printed as JSON instead of Markdown. */
  readonly isJson: boolean;
  /** Whether the results are stored and the document is written. */
  readonly isWritten: boolean;
  readonly mayInstall: boolean;
}

/** Parses the command line. Throws a TypeError that says what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: withSoakMinutes(args),
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      scenario: { type: 'string', multiple: true },
      goal: { type: 'string', multiple: true },
      bound: { type: 'string', multiple: true },
      'reader-seconds': { type: 'string' },
      'peers-only': { type: 'boolean', default: false },
      against: { type: 'string' },
      soak: { type: 'string' },
      'no-take-over': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      install: { type: 'boolean', default: false },
    },
  });
  const { quick, against, scenario, goal, bound, soak, json, write, install, ...rest } = values;
  known('scenario', scenario, [...SCENARIOS.map(({ name }) => name), ...WEIR_ONLY]);
  known('goal', goal, Object.keys(MEASURES));
  known('bound', bound, Object.keys(BOUNDS));
  // A chosen goal or bound is a choice too, and leaves out everything that is not named.
  const isChosen = [scenario, goal, bound, soak].some((each) => each !== undefined);
  const isComparison = quick && against !== undefined;
  const hasWeir = !rest['peers-only'];
  const has = (group: string) => hasWeir && (isChosen ? scenario?.includes(group) === true : !isComparison);
  const usual = isComparison ? KEPT_SCENARIOS : SCENARIOS;
  const choices = { quick, against, scenario, goal, bound, soak, ...rest };
  const isWhole = Object.values(choices).every((value) => value === undefined || value === false);
  return {
    rounds: count('--rounds', rest.rounds ?? (quick && !isComparison ? '1' : ROUNDS)),
    seconds: count('--seconds', rest.seconds ?? '1'),
    scenarios: isChosen ? SCENARIOS.filter(({ name }) => scenario?.includes(name)) : usual,
    hasWrites: has('writes'),
    goals: has('goals') ? Object.keys(MEASURES) : hasWeir ? (goal ?? []) : [],
    bounds: has('bounds') ? Object.keys(BOUNDS) : hasWeir ? (bound ?? []) : [],
    readerSeconds: count('--reader-seconds', rest['reader-seconds'] ?? '90', MAX_READER_SECONDS),
    hasWeir,
    hasPeers: !isComparison,
    against,
    soakMinutes: soak === undefined ? undefined : count('--soak', soak, MAX_SOAK_MINUTES),
    hasTakeOvers: !rest['no-take-over'],
    isJson: json,
    isWritten: isWhole || write,
    mayInstall: install,
  };
}

/** Gives `--soak` without a number its default. */
function withSoakMinutes(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    const next = args[i + 1];
    return arg === '--soak' && (next === undefined || next.startsWith('-')) ? [arg, SOAK_MINUTES] : [arg];
  });
}

function known(what: string, names: readonly string[] | undefined, all: readonly string[]): void {
  const unknown = names?.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no ${what} ${JSON.stringify(unknown)}`);
}

/**
 * Reads an option that is a number from 1 to `max`. The limit prevents a typing error from loading the machine for
 * hours.
 */
function count(name: string, text: string, max = 60): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) throw new TypeError(`${name} must be from 1 to ${max}`);
  return value;
}
