import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDirectory } from '../../../../provider/runtime/store/directory-lock.ts';
import { temporaryDirectory } from '../../../harness/runtime/runtime.ts';

test('a data directory whose path has the word "locked" is not taken for one in use', (t) => {
  const path = join(temporaryDirectory(t), 'locked');
  mkdirSync(path);
  writeFileSync(join(path, 'other'), '');
  symlinkSync('other', join(path, 'lock'));
  assert.throws(() => lockDirectory(path), /lock is a symbolic link, not a file/);
});

test('a data directory is in use until its lock is released', (t) => {
  const path = temporaryDirectory(t);
  const unlock = lockDirectory(path);
  assert.throws(() => lockDirectory(path), /is in use by another weir runtime/);
  unlock();
  lockDirectory(path)();
});
