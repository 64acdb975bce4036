import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDataDirectory } from '../../../../provider/runtime/store/data-directory.ts';
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

test('a data directory that cannot be made is refused with the folder that is in the way', (t) => {
  assert.throws(() => openDataDirectory('/proc/weir/data'), /the directory \/proc\/weir cannot be made: /);
  const file = join(temporaryDirectory(t), 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'data')])
    assert.throws(() => openDataDirectory(path), /file is a file, not a directory$/);
});
