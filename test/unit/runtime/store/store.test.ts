// The contract of every store: what is committed is loaded again.
import assert from 'node:assert/strict';
import { parseProperties } from '../../../../provider/model/objects/validate.ts';
import type { Store } from '../../../../provider/runtime/store/store.ts';
import type { StoredHealth, StoredObject, StoredToken } from '../../../../provider/runtime/stored/object.ts';
import { testOnEachStore } from '../../../harness/store/table.ts';

const TOKEN: StoredToken = {
  id: 'one',
  name: 'ci',
  secretHash: 'abc',
  statements: [{ actions: ['slb:*'], resources: ['*'] }],
  createdAt: '2026-11-21T00:00:00.000Z',
};

const BOOT = { bootId: '6a3c', monotonicMs: 12_345.25 };
const HEALTHY: StoredHealth = { targetGroupId: 'web', key: '10.0.0.1:80', health: 'healthy' };

function loadBalancer(id: string, version: number, properties: Record<string, unknown> = {}): StoredObject {
  return {
    kind: 'load-balancers',
    id,
    owner: version % 2 === 0 ? undefined : 'urn:pulumi:dev::shop::type::name',
    incarnation: 'first',
    ...(version % 2 === 1 && { createdBy: 'one' }),
    version,
    properties: parseProperties('load-balancers', properties),
    state: { vip: '127.77.0.1' },
  };
}

/** A listener with secrets in its properties, in a map and in its state. */
const SECRETIVE = {
  ...{ kind: 'listeners', id: 'web', owner: undefined, incarnation: 'i', version: 1 },
  properties: {
    port: 443,
    certificates: { a: { certificate: 'c', privateKey: 'planted key' } },
    stickySession: { type: 'cookie', cookieKey: 'planted cookie key' },
  },
  state: { cookieKey: 'planted own key', servesSince: 1 },
} as unknown as StoredObject;

async function written(open: () => Store, ...objects: StoredObject[]): Promise<Store> {
  const store = open();
  await store.load();
  await store.commit(
    objects.length,
    objects.map((put) => ({ put })),
  );
  return store;
}

testOnEachStore('a new store is empty and keeps its runtime id from the first load on', async (open) => {
  const store = open();
  const { runtimeId, ...rest } = await store.load();
  assert.match(runtimeId, /^[A-Za-z0-9_-]{8,}$/);
  assert.deepEqual(rest, { version: 0, objects: [], healthAtMs: 0, healthBoot: undefined, health: [], tokens: [] });
  assert.equal((await store.load()).runtimeId, runtimeId);
  await store.close();
  assert.equal((await open().load()).runtimeId, runtimeId);
});

testOnEachStore('committed data survives if the store is opened again without having been closed', async (open) => {
  const first = open();
  const { runtimeId } = await first.load();
  await first.commit(2, [{ put: loadBalancer('a', 1) }, { put: loadBalancer('b', 2) }]);
  await first.commit(3, [{ put: loadBalancer('a', 3, { tags: { env: 'dev' } }) }]);
  await first.commit(4, [{ delete: { kind: 'load-balancers', id: 'b' } }]);
  await first.saveHealth({ atMs: 1000, boot: BOOT, put: [HEALTHY], removed: [] });
  await first.addToken(TOKEN);
  assert.deepEqual(await open().load(), {
    runtimeId,
    version: 4,
    objects: [loadBalancer('a', 3, { tags: { env: 'dev' } })],
    healthAtMs: 1000,
    healthBoot: BOOT,
    health: [HEALTHY],
    tokens: [TOKEN],
  });
});

testOnEachStore('a commit with one failing change stores none of its changes', async (open) => {
  const store = await written(open, loadBalancer('a', 1));
  const broken = { ...loadBalancer('c', 3), id: null as unknown as string };
  const gone = { delete: { kind: 'load-balancers', id: 'a' } } as const;
  await assert.rejects(store.commit(3, [{ put: loadBalancer('b', 2) }, gone, { put: broken }]));
  const { objects, version } = await store.load();
  assert.deepEqual([objects, version], [[loadBalancer('a', 1)], 1]);
});

testOnEachStore('changes and commits are applied in the order in which they were given', async (open) => {
  const store = open();
  await store.load();
  const gone = { delete: { kind: 'load-balancers', id: 'a' } } as const;
  await Promise.all([
    store.commit(2, [{ put: loadBalancer('a', 1) }, gone]),
    store.commit(3, [gone, { put: loadBalancer('a', 3) }]),
    store.commit(4, [{ put: loadBalancer('a', 4) }]),
  ]);
  const { objects, version } = await store.load();
  assert.deepEqual([objects, version], [[loadBalancer('a', 4)], 4]);
});

testOnEachStore('objects load frozen and in version order, and objects of two kinds may share an id', async (open) => {
  const rule = { ...SECRETIVE, kind: 'rules', id: 'b', version: 2, state: {} } as StoredObject;
  const store = await written(open, loadBalancer('b', 3), rule, loadBalancer('a', 1));
  const { objects } = await store.load();
  assert.deepEqual(
    objects.map(({ kind, id }) => [kind, id]),
    [
      ['load-balancers', 'a'],
      ['rules', 'b'],
      ['load-balancers', 'b'],
    ],
  );
  assert.ok(objects.every(Object.isFrozen));
});

testOnEachStore('secrets and unusual text load unchanged', async (open) => {
  const odd = loadBalancer('odd', 2, { tags: { "it's": '"\\\u0000\u2028 é 🙂' } });
  await written(open, SECRETIVE, odd);
  assert.deepEqual((await open().load()).objects, [SECRETIVE, odd]);
});

testOnEachStore(
  'health is stored with a commit or without one, only where it changed, and makes no version',
  async (open) => {
    const store = await written(open, loadBalancer('a', 1));
    const other: StoredHealth = { targetGroupId: 'rules/"odd"', key: '[::1]:80', health: 'unhealthy' };
    const [unhealthy, at] = [{ ...HEALTHY, health: 'unhealthy' } as const, { boot: undefined, removed: [] }];
    const stored = async () => {
      const { version, healthAtMs, health } = await open().load();
      return [version, healthAtMs, health.sort((a, b) => (a.key < b.key ? -1 : 1))];
    };
    await store.saveHealth({ ...at, atMs: 1000, put: [HEALTHY, other] });
    await store.commit(2, [{ put: loadBalancer('a', 2) }], { ...at, atMs: 2000, put: [unhealthy] });
    assert.deepEqual(await stored(), [2, 2000, [unhealthy, other]]);
    const broken = { put: { ...loadBalancer('c', 3), id: null as unknown as string } };
    await assert.rejects(store.commit(3, [broken], { ...at, atMs: 3000, put: [HEALTHY] }));
    assert.deepEqual(await stored(), [2, 2000, [unhealthy, other]]);
    await store.saveHealth({ ...at, atMs: 4000, put: [], removed: [other, { targetGroupId: 'web', key: 'none' }] });
    assert.deepEqual(await stored(), [2, 4000, [unhealthy]]);
  },
);

testOnEachStore('tokens load in order of creation, with and without owners and expiry', async (open) => {
  const store = open();
  await store.load();
  const [second, third] = ['2', '3'].map((day, index) => ({
    ...TOKEN,
    id: `${9 - index}`,
    createdAt: `2026-11-2${day}T00:00:00.000Z`,
  }));
  const last = { ...(third as StoredToken), owners: ['shop/*', 'cart/dev'], expiresAt: '2027-01-31T00:00:00Z' };
  for (const token of [last, second as StoredToken, TOKEN]) await store.addToken(token);
  assert.deepEqual((await store.load()).tokens, [TOKEN, second, last]);
  await store.deleteToken('9');
  await store.deleteToken('no such token');
  assert.deepEqual((await store.load()).tokens, [TOKEN, last]);
  await assert.rejects(store.addToken(TOKEN));
});
