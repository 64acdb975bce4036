// The help of `npm run up`, `npm run preview` and `npm run down`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from '../../harness/machine/tree.ts';

test('each command of the quick start has a help of its own, and starts nothing for it', () => {
  for (const command of ['up', 'preview', 'down']) {
    const args = ['.toolchain/demo/main.ts', command, '--help'];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^Usage: npm run ${command} `));
    assert.match(stdout, /^Exit codes:$/m);
    assert.doesNotMatch(stdout, /\$ pulumi/);
  }
});
