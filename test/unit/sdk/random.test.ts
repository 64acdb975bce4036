// What the SDK loads for a stack that has no component.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from '../../harness/machine/tree.ts';

test('@pulumi/random is loaded with its first resource, not with the SDK', () => {
  const program = `
    import { Module } from 'node:module';
    import 'pulumi-weir';
    const isLoaded = () => Object.keys(Module._cache).some((file) => file.includes('/@pulumi/random/'));
    const before = isLoaded();
    (await import('./sdk/random.ts')).random();
    console.log(JSON.stringify([before, isLoaded()]));`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: ROOT });
  assert.deepEqual(JSON.parse(`${printed}`), [false, true]);
});
