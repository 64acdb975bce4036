// Membership driven by `pulumi up`: the real CLI, the real runtime, and traffic that follows the stack.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Backend } from '../harness/backends/backends.ts';
import { exchange, sharesAt } from '../harness/clients/load.ts';
import { until } from '../harness/runtime/runtime.ts';
import { webProgram } from '../harness/stack/programs.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

const NAMES = ['b1', 'b2', 'b3', 'b4', 'b5'];

interface Shop extends StackWorld {
  backends: Backend[];
}

/** Starts five backends; the program binds those that have a weight. */
async function shop(t: TestContext): Promise<Shop> {
  const world = await stackWorldOf(t);
  const backends = await Promise.all(NAMES.map((name) => world.httpBackend(name)));
  return { ...world, backends };
}

function targets({ backends }: Shop, weights: Record<string, number | undefined>): Record<string, object> {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => {
      const backend = backends.find((each) => each.name === name);
      return [name, { ...backend?.target, ...(weight === undefined ? {} : { weight }) }];
    }),
  );
}

/**
 * Returns the lines of `pulumi preview --diff` that begin with a sign (+, - or ~), without the summary and without the
 * header lines of resources and maps. The spaces with which Pulumi pads names are removed.
 */
function signedLeaves(text: string): string[] {
  return (text.split('Resources:')[0] ?? '')
    .split('\n')
    .map((line) => line.trim().replace(/ +:/, ':'))
    .filter((line) => /^[~+-] /.test(line) && !/[{[]$|\(\w+\)$/.test(line));
}

test('five targets: traffic by weight, one weight changed in place, bind and unbind, destroy', async (t) => {
  const it = await shop(t);
  const { stack, runtime, port } = it;
  const url = `http://127.0.0.1:${port}/`;
  const write = (weights: Record<string, number | undefined>) =>
    stack.write(webProgram({ port, targets: targets(it, weights), attachment: { awaitHealthySeconds: 10 } }));
  const measure = () => sharesAt(url, 100);
  const isNear = (counts: Record<string, number>, due: Record<string, number>) => {
    for (const name of NAMES) {
      assert.ok(Math.abs((counts[name] ?? 0) - (due[name] ?? 0)) <= 3, `${name}: ${JSON.stringify(counts)}`);
    }
  };

  write({ b1: 20, b2: 20, b3: 20, b4: 20, b5: 20 });
  await stack.up();
  const ids = async () => [...(await stack.resources()).values()].map(({ id }) => id).sort();
  const first = await ids();
  isNear(await measure(), { b1: 20, b2: 20, b3: 20, b4: 20, b5: 20 });
  await stack.done(['preview', '--diff', '--expect-no-changes']);

  write({ b1: 20, b2: 25, b3: 20, b4: 20, b5: 20 });
  const diff = await stack.done(['preview', '--diff']);
  assert.deepEqual(signedLeaves(diff), ['~ weight: 20 => 25'], diff);
  assert.match(await stack.done(['preview']), /pool: weight b2 20→25/);
  await stack.up();
  assert.deepEqual(await ids(), first);
  await stack.done(['preview', '--expect-no-changes']);

  write({ b1: 0, b2: 50, b3: undefined, b5: 50 });
  const preview = await stack.done(['preview']);
  assert.match(preview, /pool: .*unbind b4/);
  assert.match(preview, /weight b3 20→100/);
  await stack.up();
  assert.deepEqual(await ids(), first);
  isNear(await measure(), { b2: 25, b3: 50, b5: 25 });

  await stack.destroy();
  for (const kind of ['load-balancers', 'listeners', 'attachments']) {
    assert.deepEqual((await runtime.done('GET', `/v1/${kind}`)).items, []);
  }
  assert.match((await exchange(url)).error ?? '', /ECONNREFUSED/);
});

test("a target's port changes in place, make before break, and ids are kept", async (t) => {
  const it = await shop(t);
  const [b1, b2] = it.backends as [Backend, Backend];
  const program = (port: number) =>
    webProgram({
      port: it.port,
      targets: { only: { address: '127.0.0.1', port } },
      attachment: { awaitHealthySeconds: 10 },
    });
  it.stack.write(program(b1.port));
  await it.stack.up();
  const before = (await it.stack.resources()).get('pool');
  it.stack.write(program(b2.port));
  assert.match(await it.stack.done(['preview']), new RegExp(`pool: port only ${b1.port}→${b2.port}`));
  await it.stack.up();
  assert.equal((await it.stack.resources()).get('pool')?.id, before?.id);
  assert.equal((await exchange(`http://127.0.0.1:${it.port}/`)).backend, 'b2');
});

test('refresh shows drift and the next up repairs it: a removed target, a changed weight, a deleted attachment', async (t) => {
  const it = await shop(t);
  const { stack, runtime } = it;
  stack.write(webProgram({ port: it.port, targets: targets(it, { b1: 10, b2: 20, b3: 30 }) }));
  await stack.up();
  const id = (await stack.resources()).get('pool')?.id ?? '';
  const path = `/v1/attachments/${id}`;
  const weights = async () => {
    const { boundTargets } = await runtime.done('GET', path);
    return Object.fromEntries(
      Object.entries(boundTargets).map(([name, target]) => [name, (target as { weight: number }).weight]),
    );
  };

  await runtime.done('PATCH', path, { targets: { b1: { weight: 11 }, b3: null } });
  const drift = await stack.done(['refresh', '--preview-only', '--diff']);
  assert.match(drift, /~ weight *: 10 => 11/);
  assert.match(drift, /- b3\s*: \{/);
  await stack.done(['up', '--yes', '--skip-preview', '--refresh']);
  assert.deepEqual(await weights(), { b1: 10, b2: 20, b3: 30 });

  await runtime.done('DELETE', path);
  assert.match(await stack.done(['refresh', '--yes']), /pool .*delete/);
  await stack.up();
  assert.deepEqual(await weights(), { b1: 10, b2: 20, b3: 30 });
  assert.equal((await stack.resources()).get('pool')?.id, id);

  // Deleting an object that no longer exists succeeds.
  await runtime.done('DELETE', path);
  await stack.destroy();
});

test('up --replace of a resource of each type: all objects exist afterwards', async (t) => {
  const it = await shop(t);
  const { stack, runtime } = it;
  stack.write(webProgram({ port: it.port, targets: targets(it, { b1: 10 }), attachment: { awaitHealthySeconds: 10 } }));
  await stack.up();
  for (const name of ['pool', 'web', 'lb']) {
    const resource = (await stack.resources()).get(name);
    await stack.done(['up', '--yes', '--skip-preview', '--replace', resource?.urn ?? '']);
    const after = (await stack.resources()).get(name);
    assert.notEqual(after?.outputs.incarnation, resource?.outputs.incarnation, name);
    for (const kind of ['load-balancers', 'listeners', 'attachments']) {
      assert.equal(
        (await runtime.done('GET', `/v1/${kind}`)).items.length,
        1,
        `${kind} after the replacement of ${name}`,
      );
    }
    await until('traffic', async () => (await exchange(`http://127.0.0.1:${it.port}/`)).backend);
  }
  await stack.done(['preview', '--expect-no-changes']);
});
