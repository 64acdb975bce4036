// The lock between processes: who holds it, who waits, and what happens when its holder dies.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { tryLock, withLock } from '../../.toolchain/lock.mjs';

const LOCK_MODULE = new URL('../../.toolchain/lock.mjs', import.meta.url).href;

function lockFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'weir lock '));
  t.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'locks', 'it.lock');
}

/** Starts a process that takes the lock, says so, and holds it until its standard input ends. */
async function holder(t: TestContext, file: string): Promise<ChildProcess> {
  const program = `
    const { withLock } = await import(${JSON.stringify(LOCK_MODULE)});
    await withLock(${JSON.stringify(file)}, 'a test', async () => {
      console.log('held');
      for await (const _ of process.stdin);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** The pid of a process that has ended and been waited for. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', '']);
  await once(child, 'exit');
  return child.pid as number;
}

test('the lock exists only during the work, and is removed if the work fails', async (t) => {
  const file = lockFile(t);
  const result = await withLock(file, 'a test', async () => {
    assert.equal(Number(readFileSync(file, 'utf8')), process.pid);
    return 7;
  });
  assert.equal(result, 7);
  assert.equal(existsSync(file), false);
  await assert.rejects(
    withLock(file, 'a test', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(existsSync(file), false);
});

test('a second process waits until the first is done', async (t) => {
  const file = lockFile(t);
  const first = await holder(t, file);
  assert.equal(tryLock(file), first.pid);
  let worked = false;
  const second = withLock(file, 'a test', async () => {
    assert.notEqual(first.exitCode, null, 'the first must have ended');
    worked = true;
  });
  first.stdin?.end();
  await once(first, 'exit');
  await second;
  assert.equal(worked, true);
});

test('the lock of a process that was killed goes to the next process', async (t) => {
  const file = lockFile(t);
  const first = await holder(t, file);
  first.kill('SIGKILL');
  await once(first, 'exit');
  assert.equal(existsSync(file), true);
  await withLock(file, 'a test', async () => assert.equal(Number(readFileSync(file, 'utf8')), process.pid));
  assert.equal(existsSync(file), false);
});

test('processes that find a dead lock at the same time work one after the other', async (t) => {
  const file = lockFile(t);
  await withLock(file, 'a test', async () => {});
  writeFileSync(file, `${await deadPid()}\n`);
  const log = path.join(path.dirname(file), 'log');
  const program = `
    const { appendFileSync } = await import('node:fs');
    const { setImmediate } = await import('node:timers/promises');
    const { withLock } = await import(${JSON.stringify(LOCK_MODULE)});
    await withLock(${JSON.stringify(file)}, 'a test', async () => {
      appendFileSync(${JSON.stringify(log)}, 'in ');
      for (let turn = 0; turn < 1000; turn++) await setImmediate();
      appendFileSync(${JSON.stringify(log)}, 'out ');
    });`;
  const contenders = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    return once(child, 'exit');
  });
  for (const [code] of await Promise.all(contenders)) assert.equal(code, 0);
  assert.equal(readFileSync(log, 'utf8'), 'in out '.repeat(4));
  assert.equal(existsSync(file), false);
});
