// A property test: runs first the kept counterexamples, then values drawn from the seed of the run.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { getTestContext } from 'node:test';
import fc from 'fast-check';
import { ROOT } from '../machine/tree.ts';
import { SEED } from './seed.ts';

/**
 * A counterexample: its values if JSON can represent them, otherwise the seed and path that draw them. A path is valid
 * only while the property draws values in the same way.
 */
export type Example = { readonly values: readonly unknown[] } | { readonly seed: number; readonly path: string };

/** Kept counterexamples, by the key that `exampleKey` makes of the file and the test. */
type Examples = Readonly<Record<string, readonly Example[]>>;

/** A line of the report to `npm run fuzz`: a property that was run, with its counterexample if it failed. */
export interface Report {
  readonly file: string;
  readonly test: string;
  readonly example?: Example;
}

/** The file in which `npm run fuzz` keeps counterexamples. */
export const EXAMPLES_FILE = process.env.TEST_EXAMPLES ?? `${ROOT}test/harness/properties/examples.json`;

/**
 * Set by `npm run fuzz`: the file for reports, and the time (ms since 1970) after which no further values are drawn.
 */
const { FUZZ_REPORTS, FUZZ_DEADLINE } = process.env;
const DEFAULT_RUNS = 100;

type Settings = Pick<fc.Parameters, 'numRuns'>;

/**
 * Runs a property and throws its first failure, with the seed and path that repeat it. A test may contain only one
 * property, because counterexamples are kept by test name.
 */
export function assertHolds<Ts>(property: fc.IAsyncProperty<Ts>, settings?: Settings): Promise<void>;
export function assertHolds<Ts>(property: fc.IProperty<Ts>, settings?: Settings): void;
export function assertHolds<Ts>(property: fc.IRawProperty<Ts>, settings: Settings = {}): Promise<void> | void {
  const test = getTestContext()?.fullName ?? '';
  const runs = runsOf<Ts>(keptOf(test), settings);
  if (property.isAsync()) return assertEach(property, runs, test);
  report(test);
  for (const run of runs) throwFailure(fc.check(property as fc.IProperty<Ts>, run), test);
}

async function assertEach<Ts>(property: fc.IRawProperty<Ts>, runs: readonly fc.Parameters<Ts>[], test: string) {
  report(test);
  for (const run of runs) throwFailure(await fc.check(property as fc.IAsyncProperty<Ts>, run), test);
}

/** Draws `count` values from an arbitrary with the seed of the run. */
export function samplesOf<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: SEED });
}

/** Each kept seed and path gets a run of its own, because a path counts the values drawn before it. */
function runsOf<Ts>(kept: readonly Example[], { numRuns = DEFAULT_RUNS }: Settings) {
  const values = kept.flatMap((example) => ('values' in example ? [example.values as Ts] : []));
  const drawn = kept.flatMap((example) => ('seed' in example ? [{ ...example, numRuns: 1 }] : []));
  const left = FUZZ_DEADLINE === undefined ? {} : { interruptAfterTimeLimit: Number(FUZZ_DEADLINE) - Date.now() };
  const runs: fc.Parameters<Ts>[] = [...drawn, { seed: SEED, numRuns, ...left }];
  return values.length === 0 ? runs : [{ examples: values, numRuns: values.length, seed: SEED }, ...runs];
}

function throwFailure<Ts>(details: fc.RunDetails<Ts>, test: string): void {
  // fast-check also reports a failure if the time is up before the first value; that is not a counterexample.
  if (!details.failed || details.interrupted) return;
  report(test, exampleOf(details));
  throw new Error(fc.defaultReportMessage(details), { cause: details.errorInstance });
}

function exampleOf<Ts>({ seed, counterexamplePath, counterexample }: fc.RunDetails<Ts>): Example | undefined {
  if (counterexamplePath === null) return undefined;
  const values: unknown = counterexample;
  return Array.isArray(values) && isJson(values) ? { values } : { seed, path: counterexamplePath };
}

/**
 * Tells whether JSON represents the whole value. JSON omits properties that are `undefined`, which makes no difference
 * to the tests.
 */
function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return ['string', 'boolean', 'object'].includes(typeof value);
  if (Array.isArray(value)) return value.every(isJson);
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  return isPlain && Object.values(value).every((item) => item === undefined || isJson(item));
}

function report(test: string, example?: Example): void {
  if (FUZZ_REPORTS === undefined) return;
  const line: Report = { file: fileOfRun(), test, ...(example && { example }) };
  appendFileSync(FUZZ_REPORTS, `${JSON.stringify(line)}\n`);
}

function keptOf(test: string): readonly Example[] {
  return readExamples()[exampleKey(fileOfRun(), test)] ?? [];
}

export function readExamples(): Examples {
  return existsSync(EXAMPLES_FILE) ? JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) : {};
}

export function exampleKey(file: string, test: string): string {
  return `${file}: ${test}`;
}

/** Path of the test file. Node runs each test file in a process of its own, so the process's script is that file. */
function fileOfRun(): string {
  return relative(ROOT, process.argv[1] ?? '');
}
