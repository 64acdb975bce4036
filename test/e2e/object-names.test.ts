// Names that are also members of every JavaScript object: they work like other names, except one that is reserved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RESERVED_NAME } from '../../provider/model/base/record.ts';
import { freePort } from '../harness/backends/backends.ts';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';
import { type ProgramResources, SmallEngine, urnOf } from '../harness/sequences/small-engine.ts';

const NAMES = Object.getOwnPropertyNames(Object.prototype).filter((name) => name !== RESERVED_NAME);
const [FEW, REST] = [NAMES.slice(0, 4), NAMES.slice(4)];

/**
 * Returns a program with a tag and a target for each name. Its resources are named like members of every object, too.
 */
function program(port: number, names: readonly string[], weight: number): ProgramResources {
  const each = (value: (index: number) => unknown) =>
    Object.fromEntries(names.map((name) => [name, value(NAMES.indexOf(name))]));
  const lb = {
    type: 'LoadBalancer',
    name: 'toString',
    properties: { address: '127.0.0.1', tags: each((index) => `${index}`) },
  };
  const listener = {
    type: 'Listener',
    name: 'constructor',
    properties: { protocol: 'TCP', port, healthCheck: { protocol: 'none' } },
    parents: { loadBalancerId: urnOf(lb) },
  };
  const attachment = {
    type: 'TargetAttachment',
    name: 'hasOwnProperty',
    properties: { targets: each((index) => ({ address: '127.0.0.9', port: 1000 + index, weight })) },
    parents: { listenerId: urnOf(listener) },
  };
  return [lb, listener, attachment];
}

test('targets named like object members are bound, reweighted, refreshed and unbound', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const engine = new SmallEngine(runtime.url, runtime.token);
  const port = await freePort();
  for (const [names, weight] of [
    [FEW, 1],
    [NAMES, 2],
    [REST, 3],
  ] as const) {
    assert.equal(await engine.up(program(port, names, weight)), 'done');
    const [attachment] = (await runtime.done('GET', '/v1/attachments')).items;
    const [loadBalancer] = (await runtime.done('GET', '/v1/load-balancers')).items;
    const expected = names.map((name) => [name, 1000 + NAMES.indexOf(name), weight, 'unchecked']);
    const bound = Object.entries<Record<string, unknown>>(attachment.boundTargets);
    assert.deepEqual(
      bound.map(([name, target]) => [name, target.port, target.weight, target.health]).sort(),
      expected.sort(),
    );
    assert.deepEqual(Object.keys(loadBalancer.tags).sort(), [...names].sort());
    const before = engine.outputs;
    await engine.refresh();
    assert.deepEqual(engine.outputs, before);
  }
  const [{ id }] = (await runtime.done('GET', '/v1/attachments')).items;
  const [first = ''] = FEW;
  await runtime.done('PATCH', `/v1/attachments/${id}`, { targets: { [first]: { address: '127.0.0.8', port: 1 } } });
  const { targets } = await runtime.done('GET', `/v1/attachments/${id}`);
  assert.deepEqual(Object.keys(targets).sort(), [...REST, first].sort());
});

test(`${RESERVED_NAME} is refused by the provider and by the API`, async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const tags = JSON.parse(`{"${RESERVED_NAME}": "a"}`);
  const engine = new SmallEngine(runtime.url, runtime.token);
  const made: ProgramResources = [{ type: 'LoadBalancer', name: 'lb', properties: { address: '127.0.0.1', tags } }];
  await assert.rejects(engine.up(made), /tags.__proto__.*this name is reserved/);
  const { status } = await runtime.call('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1', tags });
  assert.equal(status, 400);
  assert.deepEqual((await runtime.done('GET', '/v1/load-balancers')).items, []);
});
