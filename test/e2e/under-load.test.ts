// `pulumi up` under constant load over HTTP and TCP: no change of the program makes a request fail.
import { type TestContext, test } from 'node:test';
import { makePair } from '../harness/machine/certificates.ts';
import { LoadedStack, type Row } from '../harness/stack/loaded-stack.ts';

const POOL = `bind('pool', { a, b });`;

async function table(t: TestContext, rows: readonly Row[]): Promise<void> {
  const loaded = await LoadedStack.start(t, { targets: POOL });
  for (const row of rows) await t.test(row.what, () => loaded.row(row));
}

test('no request fails while targets and attachments change under load', async (t) => {
  await table(t, [
    { what: 'an attachment is renamed without alias', targets: `bind('renamed', { a, b });`, responding: 'ab' },
    {
      what: 'another attachment is added, with other targets than the first one',
      targets: `bind('renamed', { a, b }); bind('other', { c });`,
      responding: 'abc',
    },
    {
      what: 'one of several targets moves to another attachment',
      targets: `bind('renamed', { a }); bind('other', { b, c });`,
      responding: 'abc',
      unbound: 'b',
    },
    {
      what: 'all targets but one are unbound',
      targets: `bind('renamed', { a }); bind('other', {});`,
      responding: 'a',
      unbound: 'bc',
    },
    {
      what: 'the only target moves, and the old attachment depends on the new one',
      targets: `const others = bind('other', { a }); bind('renamed', {}, { dependsOn: others });`,
      responding: 'a',
    },
    { what: 'a map key is renamed', targets: `bind('other', { key: a });`, responding: 'a' },
    {
      what: "the only target's port changes",
      targets: `bind('other', { key: b });`,
      responding: 'b',
      unbound: 'a',
    },
    { what: 'a second target is bound', targets: `bind('other', { one: b, two: c });`, responding: 'bc' },
    { what: 'two targets swap their names', targets: `bind('other', { one: c, two: b });`, responding: 'bc' },
    {
      what: 'green is bound beside blue, without traffic',
      targets: `bind('other', { one: c, two: b }); bind('green', { a: { ...a, weight: 0 }, d: { ...d, weight: 0 } });`,
      responding: 'bc',
    },
    {
      what: 'the traffic moves from blue to green, in two steps',
      targets: `const green = bind('green', { a, d });
        bind('other', { one: { ...c, weight: 0 }, two: { ...b, weight: 0 } }, { dependsOn: green });`,
      responding: 'ad',
    },
    { what: 'blue is unbound', targets: `bind('green', { a, d });`, responding: 'ad', unbound: 'bc' },
    {
      what: 'another blue is bound in the same attachment, without traffic',
      targets: `bind('green', { a, b: { ...b, weight: 0 }, c: { ...c, weight: 0 }, d });`,
      responding: 'ad',
    },
    {
      what: 'blue and green of one attachment exchange their weights',
      targets: `bind('green', { a: { ...a, weight: 0 }, b, c, d: { ...d, weight: 0 } });`,
      responding: 'bc',
    },
  ]);
});

test('no request fails while listeners and load balancers change under load and resources of each type are replaced', async (t) => {
  const https = { protocol: 'HTTPS', certificates: { main: makePair(['first.example']) } };
  await table(t, [
    ...['pool-web', 'pool-tcp', 'pool-rule', 'rule', 'web', 'tcp', 'lb'].map(
      (name): Row => ({ what: `up --replace of ${name}`, targets: POOL, responding: 'ab', replace: [name] }),
    ),
    { what: 'the address changes', targets: POOL, responding: 'ab', address: '127.0.0.2' },
    { what: 'HTTP becomes HTTPS', targets: POOL, responding: 'ab', address: '127.0.0.2', web: https },
    {
      what: 'all resources are replaced at once',
      targets: POOL,
      responding: 'ab',
      address: '127.0.0.2',
      web: https,
      replace: ['lb', 'web', 'tcp', 'rule', 'pool-web', 'pool-tcp', 'pool-rule'],
    },
    {
      what: 'the rule is renamed without alias',
      targets: POOL,
      names: { rule: 'renamed-rule' },
      responding: 'ab',
      address: '127.0.0.2',
      web: https,
    },
  ]);
});
