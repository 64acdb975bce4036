// The search for processes that a test run has left behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { endProcess, processesWith } from '../../../harness/machine/left-processes.ts';

test('a process is found by a value of its environment, with its command, until it has ended', async (t) => {
  const mark = `${process.pid} left-processes`;
  const child = spawn('sleep', ['600'], { cwd: '/', detached: true, env: { ...process.env, MARK: `${mark} one` } });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  assert.deepEqual(processesWith('MARK', mark), [{ pid: child.pid, command: 'sleep 600', directory: '/' }]);
  assert.deepEqual(processesWith('MARK', `${mark} two`), []);
  for (const found of processesWith('MARK', mark)) endProcess(found);
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL']);
  assert.deepEqual(processesWith('MARK', mark), []);
});
