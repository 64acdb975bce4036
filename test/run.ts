// `npm test`: format, lint, types and every test, ended by the line `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from './harness/machine/find-program.ts';
import { endProcess, markRun, processesOfRun } from './harness/machine/left-processes.ts';
import { PACKED_FOLDER } from './harness/stack/packed.ts';

// Caches compiled code for every process and thread of the tests: removing the types each time takes longer than many
// tests, and Node 24.21 sometimes crashes if a worker is ended while it does that in WebAssembly.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;

// Go collects garbage less often: the tests run the Pulumi CLI some 700 times, and it takes a sixth less time like this.
process.env.GOGC ??= '400';

const root = fileURLToPath(new URL('..', import.meta.url));
const patterns = process.argv.slice(2);

/** Checks of the source tree. Each counts as one test, so a failed check fails the run, but the tests run anyway. */
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['biome', ['check', '--error-on-warnings', '.']],
  ['tsc', ['--noEmit', '-p', '.']],
];

/** Programs that tests need in addition to Node and to what .toolchain installs. */
const PROGRAMS = ['git', 'curl', 'openssl', 'strace', 'chromium', 'python3'];

/** Time in milliseconds that a process may take to end after its signal. */
const ENDING_MS = 5_000;

const mark = markRun(String(process.pid));
let passed = 0;
let failed = 0;

// The package that the first test packs is used by all others.
process.env[PACKED_FOLDER] = mkdtempSync(join(tmpdir(), 'weir-test-packed-'));

const files = globSync(patterns.length > 0 ? patterns : 'test/**/*.test.ts', { cwd: root }).sort();
// Conformance tests run loads, so more than two at once would disturb each other. Tests with the Pulumi CLI mostly wait
// for one of its processes to start another: of two at a time, a quarter of two processors stays unused.
const isConformance = (file: string) => file.startsWith('test/conformance/');
const isEndToEnd = (file: string) => file.startsWith('test/e2e/');
const processors = availableParallelism();
const checks = patterns.length === 0 ? CHECKS.map(check) : [];
await runFiles(
  files.filter((file) => !isConformance(file) && !isEndToEnd(file)),
  processors,
);
for (const result of await Promise.all(checks)) {
  console.log(result.text);
  if (result.isPassed) passed++;
  else failed++;
}
await runFiles(files.filter(isConformance), Math.min(2, processors));
await runFiles(files.filter(isEndToEnd), Math.min(3, processors + 1));

await endLeftProcesses();
rmSync(process.env[PACKED_FOLDER] ?? '', { recursive: true, force: true });

const missing = PROGRAMS.filter((name) => findProgram(name) === undefined);
if (missing.length > 0)
  console.log(`Programs that tests need are missing (.ci/run installs them): ${missing.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function check([command, args]: (typeof CHECKS)[number]): Promise<{ isPassed: boolean; text: string }> {
  const child = spawn(`node_modules/.bin/${command}`, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await once(child, 'exit');
  const result = `${code === 0 ? 'ok' : 'FAILED'}: ${command} ${args.join(' ')}`;
  return { isPassed: code === 0, text: `${(await output).join('')}${result}` };
}

/** Ends the processes that the tests have left running. They count as one failed test. */
async function endLeftProcesses(): Promise<void> {
  const deadline = Date.now() + ENDING_MS;
  while (processesOfRun(mark).length > 0 && Date.now() < deadline) await setTimeout(100);
  const left = processesOfRun(mark);
  if (left.length === 0) return;
  failed++;
  console.log('FAILED: tests left processes running, which are ended now:');
  for (const { pid, command, directory } of left) console.log(`  ${pid} in ${directory}: ${command}`);
  left.forEach(endProcess);
}

async function runFiles(paths: readonly string[], concurrency: number): Promise<void> {
  if (paths.length === 0) return;
  const stream = run({ files: paths.map((path) => `${root}${path}`), concurrency, timeout: 600_000 });
  stream.on('test:pass', ({ details }) => {
    if (details.type !== 'suite') passed++;
  });
  stream.on('test:fail', ({ details }) => {
    if (details.type !== 'suite') failed++;
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  await new Promise((resolve) => report.on('end', resolve));
}
