// The command line of the benchmark.
import { parseArgs } from 'node:util';
import { BOUNDS } from './bounds/bounds.ts';
import { type BenchScenario, SCENARIOS } from './scenarios.ts';

export const BENCH_USAGE = `npm run bench -- [options]
  without options, or with --install alone, it writes test/bench/README.md
  --quick            1 round of 1 second, for a first impression
  --rounds N         rounds of each scenario (5)
  --seconds N        length of one measurement (1)
  --scenario NAME    only this scenario; may be repeated: ${SCENARIOS.map(({ name }) => name).join(', ')}, writes, bounds
  --bound NAME       only this bound; may be repeated: ${Object.keys(BOUNDS).join(', ')}
  --reader-seconds N how long slow readers are watched (90)
  --peers-only       measure only the peers, without Weir
  --against FOLDER   measure also the Weir of another checkout
  --install          install missing programs with apt-get (needs root)
`;

/** Names of the scenarios that measure only Weir and no peer. */
const WEIR_ONLY: readonly string[] = ['writes', 'bounds'];
const MAX_READER_SECONDS = 3600;

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly BenchScenario[];
  readonly hasWrites: boolean;
  /** Names of the bounds to measure. */
  readonly bounds: readonly string[];
  readonly readerSeconds: number;
  readonly hasWeir: boolean;
  /** True if the command line asks for all usual measurements, so that the result may replace the document. */
  readonly isWhole: boolean;
  /** Folder of another checkout of Weir, which is measured too. */
  readonly against: string | undefined;
  readonly mayInstall: boolean;
}

/** Parses the command line. Throws a TypeError that says what is wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      scenario: { type: 'string', multiple: true },
      bound: { type: 'string', multiple: true },
      'reader-seconds': { type: 'string' },
      'peers-only': { type: 'boolean', default: false },
      against: { type: 'string' },
      install: { type: 'boolean', default: false },
    },
  });
  const all = Object.keys(BOUNDS);
  // A chosen bound is a chosen scenario, and leaves out all scenarios and bounds that are not named.
  const chosen = values.scenario ?? (values.bound === undefined ? undefined : []);
  known('scenario', values.scenario, [...SCENARIOS.map(({ name }) => name), ...WEIR_ONLY]);
  known('bound', values.bound, all);
  const hasWeir = !values['peers-only'];
  const { install, ...others } = values;
  return {
    rounds: count('--rounds', values.rounds ?? (values.quick ? '1' : '5')),
    seconds: count('--seconds', values.seconds ?? '1'),
    scenarios: SCENARIOS.filter(({ name }) => chosen === undefined || chosen.includes(name)),
    hasWrites: hasWeir && (chosen === undefined || chosen.includes('writes')),
    bounds: hasWeir ? (chosen === undefined || chosen.includes('bounds') ? all : (values.bound ?? [])) : [],
    readerSeconds: count('--reader-seconds', values['reader-seconds'] ?? '90', MAX_READER_SECONDS),
    hasWeir,
    isWhole: Object.values(others).every((value) => value === undefined || value === false),
    against: values.against,
    mayInstall: install,
  };
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
