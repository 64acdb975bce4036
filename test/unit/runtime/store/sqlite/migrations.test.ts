// Databases of other releases: an older database is migrated in one transaction, a newer one is not opened.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { MIGRATIONS } from '../../../../../provider/runtime/store/sqlite/migrations.ts';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';
import { LOADED, writeDatabase } from '../../../../harness/store/release-0-1-0.ts';

const MODULE = new URL('../../../../../provider/runtime/store/sqlite/migrations.ts', import.meta.url);

async function load(file: string) {
  const store = new SqliteStore(file);
  try {
    return await store.load();
  } finally {
    await store.close();
  }
}

function query<T>(file: string, look: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  try {
    return look(database);
  } finally {
    database.close();
  }
}

const versionOf = (database: DatabaseSync) => database.prepare('pragma user_version').get()?.user_version;
const schemaOf = (database: DatabaseSync) => database.prepare('select sql from sqlite_schema order by name').all();

function oldDatabase(t: TestContext): string {
  const file = join(temporaryDirectory(t), 'weir.db');
  writeDatabase(file);
  return file;
}

test('a database of release 0.1.0 loads with all of its data and can be written', async (t) => {
  const file = oldDatabase(t);
  assert.deepEqual(await load(file), LOADED);
  const store = new SqliteStore(file);
  t.after(() => store.close());
  const [removed, ...health] = LOADED.health as { targetGroupId: string; key: string; health: 'unhealthy' }[];
  await store.saveHealth({ atMs: 2000, boot: undefined, put: [], removed: removed === undefined ? [] : [removed] });
  await store.commit(8, [{ delete: { kind: 'listeners', id: 'web' } }]);
  const objects = LOADED.objects.filter(({ kind }) => kind !== 'listeners');
  assert.deepEqual(await store.load(), { ...LOADED, version: 8, objects, healthAtMs: 2000, health });
});

test('a migrated database has the schema of a new one, and a version that release 0.1.0 rejects', async (t) => {
  const [migrated, fresh] = [oldDatabase(t), join(temporaryDirectory(t), 'weir.db')];
  for (const file of [migrated, fresh]) {
    await load(file);
    assert.equal(query(file, versionOf), MIGRATIONS.length);
    const found = query(file, (it) => it.prepare("select value from meta where name = 'schemaVersion'").get());
    assert.notEqual(found?.value ?? '1', '1');
  }
  assert.deepEqual(query(migrated, schemaOf), query(fresh, schemaOf));
});

test('opening a migrated database again changes nothing', async (t) => {
  const file = oldDatabase(t);
  await load(file);
  const before = readFileSync(file);
  assert.deepEqual(await load(file), LOADED);
  assert.deepEqual(readFileSync(file), before);
});

/** Migrates the database in a process that is killed after `number` migrations. */
function migrateUntil(file: string, number: number): void {
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    import { MIGRATIONS, migrate } from ${JSON.stringify(MODULE.href)};
    const database = new DatabaseSync(${JSON.stringify(file)});
    database.function('die', () => process.kill(process.pid, 'SIGKILL'));
    migrate(database, MIGRATIONS.toSpliced(${number}, 0, 'select die()'));`;
  const { signal, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script]);
  assert.equal(signal, 'SIGKILL', String(stderr));
}

for (let number = 0; number <= MIGRATIONS.length; number++) {
  test(`a kill after migration ${number} of ${MIGRATIONS.length} leaves the old database, which still migrates`, async (t) => {
    const file = oldDatabase(t);
    const before = query(file, schemaOf);
    migrateUntil(file, number);
    assert.deepEqual(query(file, schemaOf), before);
    assert.equal(query(file, versionOf), 0);
    assert.equal(
      query(file, (it) => it.prepare('select listener_id from health').all().length),
      2,
    );
    assert.deepEqual(await load(file), LOADED);
  });
}

test('a database of a newer release stays unchanged, and the error says what to do', async (t) => {
  const file = oldDatabase(t);
  await load(file);
  const newer = MIGRATIONS.length + 1;
  query(file, (database) => database.exec(`pragma user_version = ${newer}`));
  const before = readFileSync(file);
  const message = new RegExp(
    `weir\\.db was written by a newer release of weir \\(schema ${newer}; .*: start the newer release`,
  );
  assert.throws(() => new SqliteStore(file), message);
  assert.deepEqual(readFileSync(file), before);
});
