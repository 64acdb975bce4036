// The quick start in a copy of the repository: `npm run up`, `npm run preview` and `npm run down`.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyTree } from '../harness/machine/tree.ts';

test('`npm run up` shows the share of each backend, previews show a changed weight, and `npm run down` leaves nothing', async (t) => {
  const copy = copyTree(t);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: copy, encoding: 'utf8' });
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '--message', 'copy');
  try {
    await walkThrough(copy, git);
  } finally {
    await run(copy, 'down');
  }
});

/** Runs the quick start to its end. Afterwards no process runs, and the repository is unchanged. */
async function walkThrough(copy: string, git: (...args: string[]) => string): Promise<void> {
  const first = await run(copy, 'up');
  assert.match(first, /\+ 6 created/);
  assert.match(first, /^ {2}blue +50 +50% +\d+%/m);
  const again = await run(copy, 'up');
  assert.match(again, /6 unchanged/);

  const program = join(copy, 'examples/quickstart/index.ts');
  const source = readFileSync(program, 'utf8');
  const changed = source.replace(/(blue:.*weight: )50/, '$110');
  assert.notEqual(changed, source);
  // Components of the SDK use @pulumi/random, therefore the quick start must have installed its plugin.
  const random = "new (await import('@pulumi/random')).RandomId('name', { byteLength: 4 });\n";
  writeFileSync(program, `${changed}\n${random}`);
  assert.match(await run(copy, 'preview'), /http: weight blue 50→10/);
  assert.match(await run(copy, 'up'), /\+ 1 created\s+~ 1 updated/);

  const processes: { pid: number }[] = Object.values(
    JSON.parse(readFileSync(join(copy, '.quickstart/record.json'), 'utf8')).processes,
  );
  assert.ok(processes.length >= 4);
  const down = await run(copy, 'down');
  assert.match(down, /- 7 deleted/);
  for (const { pid } of processes) assert.ok(!isRunning(pid), `process ${pid} is still there`);
  writeFileSync(program, source);
  assert.equal(git('status', '--porcelain'), '');
  assert.match(git('status', '--porcelain', '--ignored'), /^(!! node_modules\/?\n?)?$/);
  assert.match(await run(copy, 'down'), /Nothing is up/);
}

/** Returns true if the process runs. A zombie, which has ended but was not reaped, does not run. */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, 'utf8'));
}

/** Runs the program of an npm script, such as `npm run up`. Returns its output. Throws if its exit code is not 0. */
function run(directory: string, command: 'up' | 'preview' | 'down'): Promise<string> {
  const child = spawn(process.execPath, ['.toolchain/demo/main.ts', command], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${command} ended with ${code}:\n${text}`)),
    );
  });
}
