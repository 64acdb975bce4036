// Property tests of desired states in sequence, through the providers' own methods against a real runtime.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compared } from '../../provider/methods/diff.ts';
import type { Kind } from '../../provider/model/base/kinds.ts';
import { SCHEMAS } from '../../provider/model/objects/schemas.ts';
import { resourceOf } from '../../provider/resources/registry.ts';
import { freePort } from '../harness/backends/backends.ts';
import { assertHolds } from '../harness/properties/properties.ts';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';
import { programs } from '../harness/sequences/sequences.ts';
import {
  type Kill,
  type ProgramResources,
  SmallEngine,
  urnOf,
  withParents,
} from '../harness/sequences/small-engine.ts';

const RUNS = 60;
const MAX_STATES = 6;

/** API kinds by resource type. Each kind is listed before the kinds that refer to it. */
const KINDS: Readonly<Record<string, Kind>> = {
  BackendServer: 'backend-servers',
  LoadBalancer: 'load-balancers',
  Listener: 'listeners',
  ForwardingRule: 'rules',
  AutoScalingGroup: 'groups',
  TargetAttachment: 'attachments',
  AutoScalingAttachment: 'group-attachments',
};

// biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
type Item = any;

async function itemsOf(runtime: RuntimeProcess): Promise<Item[]> {
  const lists = Object.values(KINDS).map(async (kind) => {
    const { items } = await runtime.done('GET', `/v1/${kind}`);
    return items.map((item: object) => ({ ...item, url: `/v1/${kind}` }));
  });
  return (await Promise.all(lists)).flat();
}

/**
 * Asserts that the runtime has exactly the objects of the program, with its properties and parents. An unset weight
 * counts as 100.
 */
async function expectExactly(runtime: RuntimeProcess, program: ProgramResources): Promise<void> {
  const items = await itemsOf(runtime);
  const idOf = new Map(items.map(({ owner, id }) => [owner, id]));
  const wanted = program.map((resource) => {
    const properties = SCHEMAS[KINDS[resource.type] as Kind].parse(withParents(resource, (urn) => idOf.get(urn)));
    return JSON.parse(JSON.stringify({ ...properties, owner: urnOf(resource) }));
  });
  assert.deepEqual(items.map(({ owner }) => owner).sort(), wanted.map(({ owner }) => owner).sort());
  for (const properties of wanted) {
    const item = items.find(({ owner }) => owner === properties.owner);
    if (item.url === '/v1/listeners') assert.doesNotMatch(String(item.warnings), /waits behind/);
    const resource = resourceOf(item.url.slice('/v1/'.length));
    const actual = Object.fromEntries(Object.keys(properties).map((key) => [key, item[key]]));
    assert.deepEqual(compared(resource, actual), compared(resource, properties));
  }
}

/** Deletes all objects of the runtime. Objects left by a failed sequence would make the shrunk sequence fail too. */
async function wipe(runtime: RuntimeProcess): Promise<void> {
  for (const { url, id } of (await itemsOf(runtime)).toReversed()) await runtime.done('DELETE', `${url}/${id}`);
}

const kill: fc.Arbitrary<Kill> = fc.record({ call: fc.nat(8), isHeard: fc.boolean() });

test('any sequence of desired states, with or without kills, ends with exactly the last state', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '1'] });
  const places = {
    ports: await Promise.all([1, 2, 3].map(() => freePort('0.0.0.0'))),
    targets: [1, 2, 3, 4].map((port) => ({ address: `127.0.0.${port}`, port })),
  };
  const state = fc.record({ program: programs(places), kill: fc.option(kill, { nil: undefined }) });
  const property = fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: MAX_STATES }), async (states) => {
    await wipe(runtime);
    const engine = new SmallEngine(runtime.url, runtime.token);
    let wasKilled = false;
    // After a kill, the update is `pulumi up --refresh`, as the documentation recommends.
    const up = async (program: ProgramResources, at?: Kill) => {
      if (wasKilled) await engine.refresh();
      const ending = await engine.up(program, at);
      wasKilled = ending !== 'done';
      return ending;
    };
    const reach = async (program: ProgramResources) => {
      assert.equal(await up(program), 'done');
      await expectExactly(runtime, program);
      assert.deepEqual(engine.urns.sort(), program.map(urnOf).sort());
    };
    for (const { program, kill: at } of states) {
      const ending = at === undefined ? 'done' : await up(program, at);
      if (at === undefined || ending === 'lost') await reach(program);
    }
    await reach(states.at(-1)?.program ?? []);
    await reach([]);
  });
  await assertHolds(property, { numRuns: RUNS });
});
