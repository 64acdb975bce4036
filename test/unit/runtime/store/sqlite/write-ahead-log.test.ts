// The log of a database under writes: its size is bounded, and a copy of the database without it is noticed at any time.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import { mark } from '../../../../../provider/runtime/store/sqlite/write-ahead-log.ts';
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
  mark(other, true);
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
