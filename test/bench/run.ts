// `npm run bench`: Weir and its peers HAProxy, nginx and Envoy in one run on one machine; Markdown or JSON on stdout,
// progress on stderr. A run without options also writes the document in this folder.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MissingPrograms } from '../harness/machine/find-program.ts';
import { temporaryDirectory } from '../harness/runtime/runtime.ts';
import { measureBounds } from './bounds/bounds.ts';
import { renderChart } from './chart.ts';
import { CleanUp } from './clean-up.ts';
import { measure } from './data-plane.ts';
import { describeMachine } from './machine.ts';
import { measureGoals } from './measures/measures.ts';
import { BENCH_USAGE, type Options, parseOptions } from './options.ts';
import { leaveProxyCpu, takeAllCpus } from './processors.ts';
import { findPrograms, type Programs } from './programs.ts';
import { CHART_NAME, goalRows, renderDocument, renderReport } from './report.ts';
import { mergeResults, NO_RESULTS, type Results, readResults, scenarioResults, writeResults } from './results.ts';
import { settingKey, settingOf } from './settings.ts';
import { soak } from './soak/soak.ts';
import { startWays } from './ways.ts';
import { measureWrites } from './writes.ts';

const DOCUMENT = fileURLToPath(new URL('README.md', import.meta.url));
const CHART = fileURLToPath(new URL(CHART_NAME, import.meta.url));

interface BenchContext {
  readonly programs: Programs;
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
}

async function bench(options: Options, cleanUp: CleanUp, signal: AbortSignal): Promise<string> {
  const { rounds, seconds, readerSeconds, soakMinutes, hasTakeOvers } = options;
  const programs = await findPrograms(options.mayInstall);
  const machines = [describeMachine(programs)];
  const context = { programs, cleanUp, signal };
  const scenarios = await measureScenarios(options, context);
  const boundContext = { ...context, readerSeconds };
  let results: Results = { ...NO_RESULTS, machines, scenarios };
  if (options.hasWrites) {
    say('writes');
    const sizes = await measureWrites(cleanUp, 100 * rounds * seconds, signal);
    results = { ...results, writes: { machine: 0, sizes, rounds } };
  }
  const goals = await measureGoals(options.goals, { ...boundContext, rounds, say });
  const bounds = await measureBounds(options.bounds, boundContext, say);
  results = {
    ...results,
    goals: mapValues(goals, (values) => ({ machine: 0, values })),
    bounds: mapValues(bounds, (rows) => ({ machine: 0, rows })),
  };
  if (soakMinutes !== undefined) {
    const result = await soak({ cleanUp, signal, minutes: soakMinutes, hasTakeOvers, say });
    results = { ...results, soak: { machine: 0, result } };
  }
  if (options.isWritten) write(results);
  return options.isJson ? `${JSON.stringify({ rows: goalRows(results) }, undefined, 2)}\n` : renderReport(results);
}

async function measureScenarios(
  options: Options,
  { programs, cleanUp, signal }: BenchContext,
): Promise<Results['scenarios']> {
  if (options.scenarios.length === 0) return {};
  const { rounds, seconds } = options;
  leaveProxyCpu();
  const ways = await startWays({ programs, directory: temporaryDirectory(cleanUp), cleanUp }, options);
  const results: Record<string, Results['scenarios'][string]> = {};
  for (const scenario of options.scenarios) {
    const settings = { wrk: programs.wrk, rounds, seconds, signal, say };
    const { samples } = await measure(scenario, ways.get(settingKey(settingOf(scenario))) ?? new Map(), settings);
    results[scenario.name] = { machine: 0, seconds, samples: Object.fromEntries(samples) };
  }
  await cleanUp.run();
  takeAllCpus();
  return results;
}

/** Stores the results beside those of earlier runs, and writes the document and the chart of all of them. */
function write(measured: Results): void {
  writeResults(mergeResults(readResults(), measured));
  // Stored numbers are rounded, and the document is that of the stored results.
  const results = readResults();
  const chart = renderChart(scenarioResults(results));
  if (chart !== undefined) writeFileSync(CHART, chart);
  writeFileSync(DOCUMENT, renderDocument(results));
  say(`wrote ${DOCUMENT}`);
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

async function main(): Promise<void> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${BENCH_USAGE}`);
    process.exitCode = 2;
    return;
  }
  const cleanUp = new CleanUp();
  const ending = new AbortController();
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      process.exitCode = code;
      ending.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    process.stdout.write(await bench(options, cleanUp, ending.signal));
  } catch (error) {
    // A signal such as Ctrl-C ends all processes of the group. The measurements then fail, but their errors are not
    // shown.
    if (ending.signal.aborted) say(ending.signal.reason.message);
    else {
      process.exitCode = 1;
      if (error instanceof MissingPrograms) say(error.message);
      else console.error(error);
    }
  } finally {
    await cleanUp.run();
  }
}

await main();
