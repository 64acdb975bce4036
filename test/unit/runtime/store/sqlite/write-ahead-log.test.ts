// The log of a database under writes: its size is bounded, and a copy of the database without it is noticed at any time.
import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { markOf, writeMark } from '../../../../../provider/runtime/store/sqlite/log-mark.ts';
import { walkLogFile } from '../../../../../provider/runtime/store/sqlite/log-walk.ts';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import { WriteAheadLog } from '../../../../../provider/runtime/store/sqlite/write-ahead-log.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';

const LOST = /weir\.db was copied without its newest writes/;

function object(id: string, version: number): StoredObject {
  const rest = { kind: 'load-balancers', owner: undefined, incarnation: 'i', state: { vip: '127.0.0.1' } };
  return { id, version, ...rest, properties: { text: 'x'.repeat(100_000) } } as unknown as StoredObject;
}

function copied(t: TestContext, file: string, ...ends: readonly string[]): string {
  const copy = join(temporaryDirectory(t), 'weir.db');
  for (const end of ['', ...ends]) copyFileSync(`${file}${end}`, `${copy}${end}`);
  return copy;
}

async function versionIn(file: string): Promise<number> {
  const store = new SqliteStore(file);
  const { version } = await store.load();
  await store.close();
  return version;
}

test('after each write a copy of the database without its log is refused, and the log stays small', async (t) => {
  const file = join(temporaryDirectory(t), 'weir.db');
  const store = new SqliteStore(file);
  t.after(() => store.close());
  assert.equal(await versionIn(copied(t, file)), 0);
  let moved = 0;
  let before = 0;
  for (let version = 1; version <= 150; version++) {
    await store.commit(version, [{ put: object(`lb-${version % 20}`, version) }]);
    const { size } = statSync(`${file}-wal`);
    assert.ok(size < 6 * 1024 * 1024, `${size}`);
    if (size < before) moved++;
    const isEdge = size < before || version % 50 === 0;
    before = size;
    if (!isEdge) continue;
    assert.throws(() => new SqliteStore(copied(t, file)), LOST);
    const both = copied(t, file, '-wal');
    assert.equal(await versionIn(both), version);
    // Closed in order, the file alone is whole again.
    assert.ok(!existsSync(`${both}-wal`));
    assert.equal(await versionIn(both), version);
  }
  assert.ok(moved >= 2, `${moved}`);
});

test('a kill between the mark and the next commit loses nothing, whether or not a write follows', async (t) => {
  const file = join(temporaryDirectory(t), 'weir.db');
  const store = new SqliteStore(file);
  t.after(() => store.close());
  await store.commit(1, [{ put: object('lb', 1) }]);
  const other = new DatabaseSync(file);
  t.after(() => other.close());
  writeMark(other, { needsLog: true, generation: 'next', before: markOf(other).generation });
  const unwritten = copied(t, file, '-wal');
  assert.equal(await versionIn(unwritten), 1);
  assert.equal(await versionIn(unwritten), 1);
  other.exec('pragma wal_checkpoint(passive)');
  const written = copied(t, file, '-wal');
  const next = new SqliteStore(written);
  await next.commit(2, []);
  await next.close();
  assert.equal(await versionIn(written), 2);
});

test('a log beside another copy of its file is refused: an earlier one, one of before a move, and a backup', async (t) => {
  const file = join(temporaryDirectory(t), 'weir.db');
  const store = new SqliteStore(file);
  t.after(() => store.close());
  const others: string[] = [];
  for (let version = 1; version <= 120; version++) {
    const { size } = statSync(`${file}-wal`, { throwIfNoEntry: false }) ?? { size: 0 };
    await store.commit(version, [{ put: object(`lb-${version % 20}`, version) }]);
    if (version > 1 && size > statSync(`${file}-wal`).size) others.push(copied(t, file));
  }
  others.pop();
  const backup = join(temporaryDirectory(t), 'weir.db');
  await store.backup(backup, new AbortController().signal);
  assert.ok(others.length > 0);
  for (const other of [...others, backup]) {
    copyFileSync(`${file}-wal`, `${other}-wal`);
    const before = readFileSync(other);
    assert.throws(() => new SqliteStore(other), /weir\.db-wal and the database \S+ do not belong together/);
    assert.deepEqual([readFileSync(other), readFileSync(`${other}-wal`)], [before, readFileSync(`${file}-wal`)]);
  }
});

test('a write that failed after it was in the log is not found by the next process, and no damage either', async (t) => {
  const file = join(temporaryDirectory(t), 'weir.db');
  new SqliteStore(file).close();
  const database = new DatabaseSync(file);
  t.after(() => database.close());
  const log = new WriteAheadLog(database, file);
  log.beforeWrite();
  const insert = (into: DatabaseSync, name: string, length: number) =>
    into.prepare('insert into meta (name, value) values (?, ?)').run(name, 'x'.repeat(length));
  insert(database, 'kept', 10);
  // A failed sync leaves whole commits behind the last one that SQLite knows in this process.
  for (const length of [200_000, 100_000, 50_000]) {
    const whole = copied(t, file, '-wal');
    const { size } = statSync(`${whole}-wal`);
    const other = new DatabaseSync(whole);
    other.exec('pragma wal_autocheckpoint = 0');
    insert(other, 'failed', length);
    appendFileSync(`${file}-wal`, readFileSync(`${whole}-wal`).subarray(size));
    other.close();
    log.bury();
  }
  const next = new DatabaseSync(copied(t, file, '-wal'));
  t.after(() => next.close());
  const names = next.prepare("select name from meta where name in ('kept', 'failed')").all();
  assert.deepEqual(
    names.map(({ name }) => name),
    ['kept'],
  );
  assert.equal(walkLogFile(`${file}-wal`)?.damage, undefined);
  insert(database, 'later', 10);
  assert.equal(database.prepare('pragma integrity_check').get()?.integrity_check, 'ok');
});
