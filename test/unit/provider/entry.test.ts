// How the package is loaded by the shim in the state.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../harness/runtime.ts';
import { ROOT } from '../../harness/tree.ts';

test('a plug-in that a signal ends has left what it compiled to the next one', (t) => {
  const directory = temporaryDirectory(t);
  const { NODE_COMPILE_CACHE: _, NODE_DISABLE_COMPILE_CACHE: __, ...env } = process.env;
  const plugin = `require('weir/provider').methods('Listener', { get() {} }); process.kill(process.pid, 'SIGKILL');`;
  const { signal, stderr } = spawnSync(process.execPath, ['-e', plugin], {
    cwd: ROOT,
    env: { ...env, TMPDIR: directory },
    encoding: 'utf8',
  });
  assert.equal(signal, 'SIGKILL', stderr);
  const files = readdirSync(join(directory, 'node-compile-cache'), { recursive: true, withFileTypes: true });
  assert.ok(files.filter((file) => file.isFile()).length > 100, `${files.length} entries`);
});
