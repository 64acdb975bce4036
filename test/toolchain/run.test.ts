// run.mjs as its callers use it: streams, exit code, signals, folder and environment.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('../../.toolchain/run.mjs', import.meta.url));

function run(t: TestContext, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const child = spawn(process.execPath, [RUN, ...args], { stdio: 'pipe', ...options });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('standard input, output, error and the exit code pass through', async (t) => {
  const program = `
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    process.stdout.write('out:' + Buffer.concat(chunks));
    process.stderr.write('err:' + process.argv.slice(1).join('|'));
    process.exitCode = 42;`;
  const child = run(t, ['node', '--input-type=module', '--eval', program, '--', 'two words', '', '$HOME']);
  child.stdin.end('line\n');
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  assert.equal(stdout, 'out:line\n');
  assert.match(stderr, /err:two words\|\|\$HOME$/);
  assert.deepEqual([code, signal], [42, null]);
});

for (const stream of ['stdout', 'stderr'] as const) {
  test(`a slow reader of ${stream} gets everything`, async (t) => {
    // `head` fails on a pipe in non-blocking mode, so the pipe that it gets must block.
    const child = run(t, ['sh', '-c', `head -c 3000000 /dev/zero ${stream === 'stderr' ? '>&2' : ''}`]);
    let size = 0;
    for await (const chunk of child[stream]) {
      // The pipe fills while the test does not read.
      if (size === 0) await delay(300);
      size += chunk.length;
    }
    assert.equal(size, 3_000_000);
  });
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${name} reaches the command, which decides how it ends`, async (t) => {
    const program = `process.on('${name}', () => process.exit(7)); setInterval(() => {}, 1000); console.log('ready');`;
    const child = run(t, ['node', '--eval', program]);
    await once(child.stdout, 'data');
    child.kill(name);
    assert.deepEqual(await once(child, 'exit'), [7, null]);
  });

  test(`run.mjs ends by ${name} if the command does`, async (t) => {
    const child = run(t, ['node', '--eval', `setInterval(() => {}, 1000); console.log('ready');`]);
    await once(child.stdout, 'data');
    child.kill(name);
    assert.deepEqual(await once(child, 'exit'), [null, name]);
  });
}

test('run.mjs ends by the same signal as a command that is killed', async (t) => {
  const child = run(t, ['node', '--eval', `process.kill(process.pid, 'SIGKILL')`]);
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
});

test("the command runs in the caller's folder, with Pulumi and the packages on PATH", async (t) => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'weir run ')));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = `
    const { execFileSync } = require('node:child_process');
    const pulumi = execFileSync('pulumi', ['version'], { encoding: 'utf8' }).trim();
    console.log(JSON.stringify({ cwd: process.cwd(), node: process.versions.node, pulumi, env: process.env }));`;
  const before: NodeJS.ProcessEnv = { ...process.env, WEIR_TOKEN: 'mine', PULUMI_HOME: '/my/home' };
  const child = run(t, ['node', '--eval', program], { cwd: folder, env: before });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0);
  const seen = JSON.parse(stdout);
  assert.equal(seen.cwd, folder);
  assert.match(seen.node, /^(22\.(19|[2-9]\d)|2[3-9]|[3-9]\d)\./);
  assert.match(seen.pulumi, /^v3\./);
  // Except for PATH, the command gets the environment of its caller, including PULUMI_HOME.
  assert.deepEqual({ ...seen.env, PATH: '' }, { ...before, PATH: '' });
});

test('the command `weir` is the one of this checkout, from any folder', async (t) => {
  const child = run(t, ['weir', '--help'], { cwd: tmpdir() });
  assert.match(await text(child.stdout), /serve \[options\]/);
});

test('PULUMI_HOME is set only if it is unset, and no other variable is changed', async (t) => {
  const { PULUMI_HOME: _, ...before } = process.env;
  const child = run(t, ['node', '--eval', 'console.log(JSON.stringify(process.env))'], { env: before });
  const { PULUMI_HOME: home, ...seen } = JSON.parse(await text(child.stdout));
  assert.equal(path.isAbsolute(home), true);
  assert.deepEqual({ ...seen, PATH: '' }, { ...before, PATH: '' });
});

test('a command that does not exist is reported as by a shell', async (t) => {
  const child = run(t, ['weir-no-such-command']);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 127);
  assert.equal(stdout, '');
  assert.match(stderr, /^weir: weir-no-such-command: command not found$/m);
});

test('without a command, the usage is printed to standard error', async (t) => {
  const child = run(t, []);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^Usage: /);
});
