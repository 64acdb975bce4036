// Components with the real CLI: a service is created, changed child by child and destroyed; a canary has exact shares.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askTcp, type Backend, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { exchange, shares, startLoad } from '../harness/clients/load.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

function backends(t: TestContext, names: readonly string[]): Promise<Backend[]> {
  return Promise.all(names.map((name) => httpBackend(t, name)));
}

function addresses(list: readonly Backend[]): Record<string, object> {
  return Object.fromEntries(list.map(({ name, target }) => [name, target]));
}

/** Returns the resources that a preview updates, as `name: properties`. */
function updates(preview: string): string[] {
  return [...preview.matchAll(/^ ~ +\S+ (\S+) update \[diff: (.*)\]$/gm)].map(([, name, diff]) => `${name}: ${diff}`);
}

test('a service: a changed port, target or sticky session changes one child each, and destroy removes all', async (t) => {
  const { runtime, stack, freePort } = await stackWorldOf(t);
  const [a, b] = (await backends(t, ['a', 'b'])) as [Backend, Backend];
  const db = await tcpBackend(t, 'db');
  const [http, tcp, moved] = [await freePort(), await freePort(), await freePort()];
  const program = ({ port = http, weight = 100, sticky = '' } = {}) => `
    import * as weir from 'pulumi-weir';
    const shop = new weir.Service('shop', {
      address: '127.0.0.1',
      listeners: {
        http: { protocol: 'HTTP', port: ${port}, ${sticky} },
        db: { protocol: 'TCP', port: ${tcp}, targets: { one: ${JSON.stringify(db.target)} } },
      },
      targets: { a: ${JSON.stringify(a.target)}, b: { ...${JSON.stringify(b.target)}, weight: ${weight} } },
      healthCheck: { intervalSeconds: 0.2 },
      awaitHealthySeconds: 10,
    });
    export const url = shop.endpoints.http;
    export const vip = shop.vip;`;
  stack.write(program());
  // The program uses no component with a random resource yet, so the plug-in `random` is not needed.
  assert.doesNotMatch(await stack.up(), /random/);
  assert.deepEqual(JSON.parse(await stack.done(['stack', 'output', '--json'])), {
    url: `http://127.0.0.1:${http}`,
    vip: '127.0.0.1',
  });
  const ask = async (port: number) => (await exchange(`http://127.0.0.1:${port}/`)).backend;
  assert.deepEqual([await ask(http), await ask(http)].toSorted(), ['a', 'b']);
  assert.equal(await askTcp('127.0.0.1', tcp), 'db');
  await stack.done(['preview', '--expect-no-changes']);

  stack.write(program({ port: moved }));
  assert.deepEqual(updates(await stack.done(['preview'])), ['shop-http: ~port']);
  await stack.up();
  assert.equal(await ask(http), undefined);

  stack.write(program({ port: moved, weight: 0 }));
  const preview = await stack.done(['preview']);
  assert.deepEqual(updates(preview), ['shop: ~targets']);
  assert.match(preview, /shop: weight b 100→0/);
  await stack.up();
  assert.deepEqual([await ask(moved), await ask(moved)], ['a', 'a']);

  stack.write(program({ port: moved, sticky: "stickySession: { type: 'cookie' }" }));
  await stack.up();
  const cookieOf = async () => (await fetch(`http://127.0.0.1:${moved}/`)).headers.get('set-cookie') ?? '';
  const [cookie = ''] = (await cookieOf()).split(';');
  assert.match(cookie, /^weir-[0-9a-f]{8}=/);
  const stuck = new Set<string>();
  for (let n = 0; n < 6; n++) {
    stuck.add(await (await fetch(`http://127.0.0.1:${moved}/`, { headers: { cookie } })).text());
  }
  assert.equal(stuck.size, 1);
  // The generated key is a secret in the state, and no later `up` replaces it.
  assert.match(await stack.done(['preview', '--diff', '--expect-no-changes']), /unchanged/);

  await stack.destroy();
  for (const kind of ['load-balancers', 'listeners', 'attachments']) {
    assert.deepEqual((await runtime.done('GET', `/v1/${kind}`)).items, []);
  }
});

test('a canary at 0, 10, 50 and 100 percent has exact shares, and a selected target stays selected', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const old = await backends(t, ['o1', 'o2']);
  const fresh = await backends(t, ['n1', 'n2', 'n3', 'n4']);
  const program = (percentage: number | string) => `
    import * as weir from 'pulumi-weir';
    const shop = new weir.Service('shop', {
      address: '127.0.0.1',
      listeners: { http: { protocol: 'HTTP', port: ${port} } },
      healthCheck: { intervalSeconds: 0.2 },
    });
    const canary = new weir.Canary('shop-canary', {
      listenerId: shop.listeners.http.id,
      old: ${JSON.stringify(addresses(old))},
      new: ${JSON.stringify(addresses(fresh))},
      percentage: ${percentage},
      awaitHealthySeconds: 10,
    });
    export const weights = canary.weights;`;
  stack.write(program(0));
  /**
   * Returns the number of requests by backend, of 200 requests; 200 is a multiple of the cycle length of all weights
   * here.
   */
  const measure = async () => {
    const load = startLoad({ url: `http://127.0.0.1:${port}/`, clients: 1, maxRequests: 200 });
    await load.done;
    assert.deepEqual(load.failures(), []);
    return shares(load.exchanges);
  };
  const newOnes = (counts: Record<string, number>) => Object.keys(counts).filter((name) => name.startsWith('n'));

  await stack.up();
  assert.deepEqual(await measure(), { o1: 100, o2: 100 });

  stack.write(program(10));
  // The preview can show which new target gets traffic, because the random order of the targets is in the state
  // already.
  assert.match(await stack.done(['preview']), /shop-canary: .*weight n\d 0→10/);
  await stack.up();
  const few = await measure();
  const [first = ''] = newOnes(few);
  assert.deepEqual(few, { o1: 90, o2: 90, [first]: 20 });

  stack.write(program(50));
  await stack.up();
  const half = await measure();
  assert.equal(newOnes(half).length, 2);
  assert.deepEqual(half, { o1: 50, o2: 50, ...Object.fromEntries(newOnes(half).map((name) => [name, 50])) });
  assert.ok(newOnes(half).includes(first), 'the target selected first stays selected');

  stack.write(program(100));
  await stack.up();
  assert.deepEqual(await measure(), { n1: 50, n2: 50, n3: 50, n4: 50 });
  await stack.done(['preview', '--expect-no-changes']);

  // A canary at 10 percent sends traffic only to the first selected target again.
  stack.write(program('Promise.resolve(10)'));
  await stack.up();
  assert.deepEqual(newOnes(await measure()), [first]);

  stack.write(program(101));
  const refused = await stack.fails(['preview']);
  assert.match(refused, /InvalidParameter: weir\.Canary shop-canary: percentage: 101 is not a whole number 0-100/);
  assert.doesNotMatch(refused, /at new Canary/, 'without a stack trace');
  stack.write(program('Promise.resolve(101)'));
  assert.match((await stack.run(['preview'])).text, /percentage: 101 is not a whole number 0-100/);
  stack.write(program(10));
  await stack.destroy();
});
