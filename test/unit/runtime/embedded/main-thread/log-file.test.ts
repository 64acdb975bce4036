// The access log file: order of lines, rotation, and a full disk.
import assert from 'node:assert/strict';
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFile } from '../../../../../provider/runtime/embedded/main-thread/log-file.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';

const unexpected = (error: unknown) => assert.fail(String(error));

test('lines are appended in order to an existing file, and close writes the last ones', async (t) => {
  const path = join(temporaryDirectory(t), 'access.log');
  const first = await LogFile.open(path, unexpected);
  const written = ['a\n', 'b\n', 'c\n'].map((text) => first.append(text));
  await first.close();
  assert.deepEqual(await Promise.all(written), [true, true, true]);
  const second = await LogFile.open(path, unexpected);
  void second.append('d\n');
  await second.close();
  assert.equal(readFileSync(path, 'utf8'), 'a\nb\nc\nd\n');
  assert.equal(statSync(path).mode & 0o007, 0, 'no reading for everybody');
});

test('reopen after a rename makes a new file, and earlier lines stay in the old one', async (t) => {
  const path = join(temporaryDirectory(t), 'access.log');
  const file = await LogFile.open(path, unexpected);
  void file.append('old\n');
  renameSync(path, `${path}.1`);
  void file.reopen();
  void file.append('new\n');
  await file.close();
  assert.deepEqual([readFileSync(`${path}.1`, 'utf8'), readFileSync(path, 'utf8')], ['old\n', 'new\n']);
});

test('opening an unwritable file fails, and a file that cannot be reopened stays in use', async (t) => {
  const directory = temporaryDirectory(t);
  await assert.rejects(LogFile.open(directory, unexpected), { code: 'EISDIR' });
  await assert.rejects(LogFile.open(join(directory, 'none', 'access.log'), unexpected), { code: 'ENOENT' });
  const path = join(directory, 'logs');
  const errors: unknown[] = [];
  const file = await LogFile.open(path, (error) => errors.push(error));
  renameSync(path, `${path}.1`);
  // A folder takes the place of the log file, so reopening the file fails.
  renameSync(temporaryDirectory(t), path);
  await file.reopen();
  assert.equal(await file.append('still here\n'), true);
  await file.close();
  assert.match(String(errors), /EISDIR/);
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'still here\n');
});

test('a full disk loses lines, which is reported at most once a minute', async () => {
  const errors: unknown[] = [];
  const file = await LogFile.open('/dev/full', (error) => errors.push(error));
  assert.deepEqual(await Promise.all([file.append('a\n'), file.append('b\n')]), [false, false]);
  assert.equal(errors.length, 1);
  assert.match(String(errors), /ENOSPC/);
  await file.close();
});
