// `npm run fuzz`: runs property tests repeatedly with new seeds and keeps each counterexample for later runs of `npm
// test`.
import { randomInt } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { ROOT } from '../machine/tree.ts';
import { EXAMPLES_FILE, type Example, exampleKey, type Report, readExamples } from './properties.ts';

interface FuzzOptions {
  readonly minutes: number;
  /** Maximum number of rounds; each round runs one test file. */
  readonly rounds: number;
  /** Glob patterns of test files. Files without a property are skipped. */
  readonly patterns: readonly string[];
  readonly say: (line: string) => void;
}

/**
 * Tests properties with new seeds until the time or the number of rounds is used up. Resolves with the number of
 * failures.
 */
export async function fuzz({ minutes, rounds, patterns, say }: FuzzOptions): Promise<number> {
  const deadline = Date.now() + minutes * 60_000;
  const files = globSync(patterns, { cwd: ROOT }).filter(hasProperty).sort();
  /**
   * Names of the property tests by file, known after the first round of the file. Later rounds run only these tests.
   */
  const names = new Map<string, Set<string>>();
  let found = 0;
  let runs = 0;
  for (let at = 0; files.length > 0 && at < rounds && Date.now() < deadline; at++) {
    const file = files[at % files.length] as string;
    const seed = randomInt(2 ** 31);
    const { reports, failures } = await runOnce(file, seed, deadline, names.get(file));
    const tested = new Set(reports.map(({ test }) => test));
    if (tested.size > 0) names.set(file, tested);
    runs += tested.size;
    for (const report of reports) {
      if (report.example === undefined || !keep(report, report.example)) continue;
      found++;
      say(`FOUND, and kept: ${exampleKey(report.file, report.test)}\n  ${JSON.stringify(report.example)}`);
    }
    const known = new Set(
      reports.filter(({ example }) => example !== undefined).map(({ test }) => test.split(' > ').at(-1)),
    );
    for (const failure of failures.filter(({ test }) => !known.has(test))) {
      found++;
      say(`FAILED without a counterexample: ${exampleKey(file, failure.test)}\n  ${failure.message}`);
    }
    const left = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
    say(`${file} seed ${seed}: ${tested.size} properties; ${runs} in all, ${found} failures found, ${left} s left`);
  }
  return found;
}

interface Round {
  readonly reports: readonly Report[];
  readonly failures: { readonly test: string; readonly message: string }[];
}

/** Runs one test file with one seed. Kept examples run too, but their failures do not count as new. */
async function runOnce(file: string, seed: number, deadline: number, names?: ReadonlySet<string>): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fuzz-'));
  const reports = join(folder, 'reports');
  // Test processes inherit the environment of this process.
  Object.assign(process.env, { TEST_SEED: String(seed), FUZZ_REPORTS: reports, FUZZ_DEADLINE: String(deadline) });
  try {
    const testNamePatterns = names === undefined ? undefined : [...names].map(patternOf);
    const stream = run({ files: [resolve(ROOT, file)], ...(testNamePatterns && { testNamePatterns }) });
    const failures: Round['failures'] = [];
    stream.on('test:fail', ({ name, details: { type, error } }) => {
      if (type !== 'suite') failures.push({ test: name, message: String(error.cause ?? error) });
    });
    for await (const _event of stream);
    const lines = existsSync(reports) ? readFileSync(reports, 'utf8').trim().split('\n') : [];
    return { reports: lines.map((line) => JSON.parse(line)), failures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Returns a pattern for one test. Node matches it against the names of suites and test joined by spaces; `test` joins
 * them by " > ".
 */
function patternOf(test: string): RegExp {
  const parts = test.split(' > ').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`^${parts.join(' ')}$`);
}

function hasProperty(file: string): boolean {
  return /^import .*\bassertHolds\b/m.test(readFileSync(resolve(ROOT, file), 'utf8'));
}

/** Adds an example to the kept ones. Returns `false` if the same example is already there. */
function keep({ file, test }: Report, example: Example): boolean {
  const kept: Record<string, readonly Example[]> = { ...readExamples() };
  const key = exampleKey(file, test);
  const before = kept[key] ?? [];
  const asKept: Example = JSON.parse(JSON.stringify(example));
  if (before.some((other) => isDeepStrictEqual(other, asKept))) return false;
  kept[key] = [...before, asKept];
  const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(EXAMPLES_FILE, `${JSON.stringify(sorted, undefined, 2)}\n`);
  return true;
}
