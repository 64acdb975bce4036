import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseProperties } from '../../../../provider/model/objects/validate.ts';
import { SqliteStore } from '../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import type { StoredObject } from '../../../../provider/runtime/stored/object.ts';
import { temporaryDirectory } from '../../../harness/runtime.ts';

const TOKEN = {
  id: 'one',
  name: 'ci',
  secretHash: 'abc',
  statements: [{ actions: ['slb:*'], resources: ['*'] }],
  createdAt: '2026-11-21T00:00:00.000Z',
};

function loadBalancer(id: string, version: number): StoredObject {
  return {
    kind: 'load-balancers',
    id,
    owner: version % 2 === 0 ? undefined : 'urn:pulumi:dev::shop::type::name',
    incarnation: 'first',
    version,
    properties: parseProperties('load-balancers', { tags: { version: String(version) } }),
    state: { vip: '127.77.0.1' },
  };
}

test('what was committed is there after the file is opened again: objects, version, health, tokens and the runtime id', async (t) => {
  const file = join(temporaryDirectory(t), 'weir.db');
  const first = new SqliteStore(file);
  const { runtimeId, version } = await first.load();
  assert.equal(version, 0);
  await first.commit(2, [{ put: loadBalancer('a', 1) }, { put: loadBalancer('b', 2) }]);
  await first.commit(3, [{ put: loadBalancer('a', 3) }]);
  await first.commit(4, [{ delete: { kind: 'load-balancers', id: 'b' } }]);
  await first.saveHealth(1000, [{ groupId: 'l', key: '10.0.0.1:80', health: 'healthy' }]);
  await first.saveHealth(2000, [{ groupId: 'l', key: '10.0.0.1:80', health: 'unhealthy' }]);
  await first.addToken(TOKEN);
  await first.addToken({ ...TOKEN, id: 'other', expiresAt: '2027-01-31T00:00:00Z' });
  await first.deleteToken('other');
  await first.addToken({ ...TOKEN, id: 'third', expiresAt: '2027-01-31T00:00:00Z' });
  await first.close();

  const second = new SqliteStore(file);
  t.after(() => second.close());
  assert.deepEqual(await second.load(), {
    runtimeId,
    version: 4,
    objects: [loadBalancer('a', 3)],
    healthAtMs: 2000,
    health: [{ groupId: 'l', key: '10.0.0.1:80', health: 'unhealthy' }],
    tokens: [TOKEN, { ...TOKEN, id: 'third', expiresAt: '2027-01-31T00:00:00Z' }],
  });
});

test('a commit of which one change fails leaves nothing of the others', async (t) => {
  const store = new SqliteStore(join(temporaryDirectory(t), 'weir.db'));
  t.after(() => store.close());
  await store.load();
  const broken = { ...loadBalancer('b', 2), id: null as unknown as string };
  await assert.rejects(store.commit(2, [{ put: loadBalancer('a', 1) }, { put: broken }]));
  const { objects, version } = await store.load();
  assert.deepEqual([objects, version], [[], 0]);
});
