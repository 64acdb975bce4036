// The output of the runtime's log while its reader stands still, and after the reader is gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

const MODULE = new URL('../../../../provider/cli/commands/log-output.ts', import.meta.url).href;
const LINES = 3_000;
/** Writes many lines at the start and whenever standard input has something, and then says so on standard output. */
const WRITER = `
  import { LogOutput } from '${MODULE}';
  const output = new LogOutput((lost) => output.write('lost ' + lost + '\\n'));
  const write = () => {
    for (let line = 0; line < ${LINES}; line++) output.write('x'.repeat(1000) + '\\n');
    process.stdout.write('written\\n');
  };
  process.stdin.on('data', write);
  write();`;

test('a reader that stands still loses lines, which are counted, and a reader that is gone is no error', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER], { stdio: 'pipe' });
  t.after(() => child.kill('SIGKILL'));
  const told = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.equal((await told.next()).value, 'written');
  let lines = 0;
  let lost = 0;
  for await (const line of createInterface(child.stderr)) {
    lost = Number(/^lost (\d+)$/.exec(line)?.[1] ?? 0);
    if (lost > 0) break;
    assert.equal(line.length, 1000);
    lines += 1;
  }
  assert.equal(lines + lost, LINES);
  child.stderr.destroy();
  child.stdin.write('again');
  assert.equal((await told.next()).value, 'written');
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
});
