// `npm test`: format, lint, types and every test, ended by one line `N passed, N failed`.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from './harness/machine/find-program.ts';
import { endProcess, markRun, processesOfRun } from './harness/machine/left-processes.ts';

// Of every process and thread that a test starts: to take the types away each time costs more than many a test, and Node
// 24.21 dies now and then where a worker is ended while it does that in WebAssembly.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory;

const root = fileURLToPath(new URL('..', import.meta.url));
const patterns = process.argv.slice(2);

/** Each counts as one test: a tree that is not clean fails the run, and the tests still show what they have to say. */
const CHECKS: readonly (readonly [string, readonly string[]])[] = [
  ['biome', ['check', '--error-on-warnings', '.']],
  ['tsc', ['--noEmit', '-p', '.']],
];

/** What tests start beside Node and what .toolchain brings. */
const PROGRAMS = ['git', 'curl', 'openssl', 'strace', 'chromium', 'python3'];

/** A process that has been told to end may take this long. */
const ENDING_MS = 5_000;

const mark = markRun(String(process.pid));
let passed = 0;
let failed = 0;

if (patterns.length === 0) {
  for (const [command, args] of CHECKS) {
    const { status } = spawnSync(`node_modules/.bin/${command}`, args, { cwd: root, stdio: 'inherit' });
    console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${command} ${args.join(' ')}`);
    if (status === 0) passed++;
    else failed++;
  }
}

const files = globSync(patterns.length > 0 ? patterns : 'test/**/*.test.ts', { cwd: root }).sort();
// Unit tests run beside each other. The others drive loads, or the CLI with its processes: more than two at once would
// disturb each other.
const isSlow = (file: string) => file.startsWith('test/conformance/') || file.startsWith('test/e2e/');
await runFiles(
  files.filter((file) => !isSlow(file)),
  availableParallelism(),
);
await runFiles(files.filter(isSlow), Math.min(2, availableParallelism()));

await endLeftProcesses();

const missing = PROGRAMS.filter((name) => findProgram(name) === undefined);
if (missing.length > 0)
  console.log(`Not on this machine, and tests need it (.ci/run brings it): ${missing.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Each run ends all that it has started; what it leaves behind counts as one failure. */
async function endLeftProcesses(): Promise<void> {
  const deadline = Date.now() + ENDING_MS;
  while (processesOfRun(mark).length > 0 && Date.now() < deadline) await setTimeout(100);
  const left = processesOfRun(mark);
  if (left.length === 0) return;
  failed++;
  console.log('FAILED: processes were left running, and are ended now:');
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
