// The walk through a log against what SQLite itself reads of it: whole logs, torn ends, and bits that have flipped.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { walkLog } from '../../../../../provider/runtime/store/sqlite/log-walk.ts';
import { Chance, SEED } from '../../../../harness/properties/seed.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';

const COMMITS = 20;

function walked(bytes: Buffer) {
  const read = (position: number, into: Uint8Array) => void bytes.copy(into, 0, position);
  const { bytes: end = 0, ...walk } = walkLog({ size: bytes.length, read });
  // Every commit that SQLite reads is before this end, so none is lost if the rest is cut off.
  const { commits } = walkLog({ size: end, read });
  assert.equal(commits, walk.commits);
  return walk;
}

/** A database with one row a commit, all of them in its log. `old` commits were in an earlier, longer log. */
function logged(t: TestContext, { old = 0, pageBytes = 4096 } = {}) {
  const file = join(temporaryDirectory(t), 'db');
  const database = new DatabaseSync(file);
  t.after(() => database.close());
  database.exec(`pragma page_size = ${pageBytes}; create table rows (text); pragma journal_mode = wal`);
  const insert = (count: number) => {
    for (let i = 0; i < count; i++) database.prepare('insert into rows values (?)').run('x'.repeat(3000));
  };
  insert(old);
  database.exec('pragma wal_checkpoint(full)');
  insert(COMMITS);
  /** The number of commits of this log that SQLite reads with other bytes in their place. */
  const read = (bytes: Buffer): number => {
    const copy = join(temporaryDirectory(t), 'db');
    copyFileSync(file, copy);
    writeFileSync(`${copy}-wal`, bytes);
    const other = new DatabaseSync(copy);
    const count = Number(other.prepare('select count(*) as count from rows').get()?.count);
    other.close();
    return count - old;
  };
  return { log: readFileSync(`${file}-wal`), read };
}

test('a whole log, one behind which older frames are left, and one that ends anywhere are not damaged', (t) => {
  const chance = new Chance(SEED);
  for (const options of [{}, { old: 3 * COMMITS }, { pageBytes: 512 }, { pageBytes: 65536 }]) {
    const { log, read } = logged(t, options);
    assert.deepEqual(walked(log), { commits: COMMITS }, JSON.stringify(options));
    for (let i = 0; i < 20; i++) {
      const cut = log.subarray(0, chance.below(log.length));
      assert.deepEqual(walked(cut), { commits: read(cut) }, `${cut.length}`);
    }
  }
  assert.deepEqual(walked(Buffer.alloc(0)), { commits: 0 });
});

test('a flipped bit: the walk reads the commits that SQLite reads, and tells damage if more than one is lost', (t) => {
  const chance = new Chance(SEED);
  for (const options of [{}, { old: 3 * COMMITS }, { pageBytes: 512 }]) {
    const { log, read } = logged(t, options);
    let told = 0;
    for (let i = 0; i < 150; i++) {
      const bytes = Buffer.from(log);
      // The headers of the log and of its first frame are a small part of it, and more likely here.
      const at = chance.below(i % 3 === 0 ? 56 : log.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
      const commits = read(bytes);
      const { damage, ...walk } = walked(bytes);
      assert.deepEqual(walk, { commits }, `bit in byte ${at}`);
      // The last commit may have been torn, and the frame of a commit that is damaged may not look like one.
      if (commits < COMMITS - 2) assert.ok(damage !== undefined, `byte ${at}: ${commits} commits`);
      if (commits === COMMITS) assert.equal(damage, undefined, `byte ${at}`);
      if (damage !== undefined) told++;
    }
    assert.ok(told > 50, `${told}`);
  }
});
