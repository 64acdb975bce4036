// Backups of a database that is written without a pause: each is of one moment, and a caller that is gone ends it.
import assert from 'node:assert/strict';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SqliteStore } from '../../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { temporaryDirectory } from '../../../../harness/runtime/runtime.ts';

const NOW = new AbortController().signal;

function object(id: string, version: number): StoredObject {
  const rest = { kind: 'load-balancers', owner: undefined, incarnation: 'i', state: { vip: '127.0.0.1' } };
  return { id, version, ...rest, properties: { text: 'x'.repeat(50_000) } } as unknown as StoredObject;
}

async function versionsIn(file: string) {
  const store = new SqliteStore(file);
  const { version, objects } = await store.load();
  await store.close();
  return { version, newest: objects.map((each) => each.version) };
}

test('a backup succeeds while a write transaction is open, and has the two objects of each write together', async (t) => {
  const folder = temporaryDirectory(t);
  const file = join(folder, 'weir.db');
  const store = new SqliteStore(file);
  t.after(() => store.close());
  let version = 0;
  const write = () => {
    version++;
    return store.commit(version, [{ put: object('one', version) }, { put: object('two', version) }]);
  };
  await write();
  for (let i = 0; i < 5; i++) {
    const began = version;
    const copy = join(folder, `copy-${i}`);
    // Each write holds a transaction open over several event-loop iterations.
    const writes = [write(), write(), write()];
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([...writes, store.backup(copy, NOW)]);
    const { version: copied, newest } = await versionsIn(copy);
    assert.deepEqual(newest, [copied, copied]);
    assert.ok(copied >= began, `${copied} ${began}`);
  }
  const ended = new AbortController();
  ended.abort();
  await assert.rejects(store.backup(join(folder, 'ended'), ended.signal), { name: 'AbortError' });
  assert.ok(!existsSync(join(folder, 'ended')));
  // The file that is open is copied, also if it has no name any more.
  renameSync(file, join(folder, 'away'));
  await store.backup(join(folder, 'last'), NOW);
  assert.equal((await versionsIn(join(folder, 'last'))).version, version);
  renameSync(join(folder, 'away'), file);
});
