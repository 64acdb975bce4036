// The stamp that shows whether the installed npm packages are those of the lock file.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { stamp } from '../../.toolchain/dependencies.mjs';

function checkout(t: TestContext): string {
  const root = mkdtempSync(path.join(tmpdir(), 'weir stamp '));
  t.after(() => rmSync(root, { recursive: true }));
  writeFileSync(path.join(root, 'package.json'), '{}');
  writeFileSync(path.join(root, 'package-lock.json'), '{"lockfileVersion":3}');
  return root;
}

test('the stamp changes with everything that decides the packages, and with nothing else', (t) => {
  const root = checkout(t);
  const before = stamp(root, 'v24.21.0');
  writeFileSync(path.join(root, 'README.md'), 'text');
  assert.equal(stamp(root, 'v24.21.0'), before);
  assert.notEqual(stamp(root, 'v24.22.0'), before);
  writeFileSync(path.join(root, 'package.json'), '{ }');
  const changed = stamp(root, 'v24.21.0');
  assert.notEqual(changed, before);
  writeFileSync(path.join(root, 'package-lock.json'), '{"lockfileVersion":2}');
  assert.notEqual(stamp(root, 'v24.21.0'), changed);
});

test('an equal checkout elsewhere has the same stamp', (t) => {
  assert.equal(stamp(checkout(t), 'v24.21.0'), stamp(checkout(t), 'v24.21.0'));
});

test('a checkout without its lock file is an error that names the file', (t) => {
  const root = checkout(t);
  rmSync(path.join(root, 'package-lock.json'));
  assert.throws(() => stamp(root, 'v24.21.0'), /package-lock\.json cannot be read/);
});
