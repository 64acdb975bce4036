// Adoption of existing objects by a stack: a list of the differences first, and objects of another stack only on
// request.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Backend, freePort } from '../harness/backends/backends.ts';
import { startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { type RuntimeProcess, until } from '../harness/runtime/runtime.ts';
import { Stack } from '../harness/stack/stack.ts';
import { type StackWorld, stackWorldOf } from '../harness/stack/world.ts';

const KINDS = ['load-balancers', 'listeners', 'attachments'];

interface Existing extends StackWorld {
  backend: Backend;
}

/**
 * Makes objects without an owner through the API: load balancer `lb-1`, listener `web-1`, attachment `pool-1` with the
 * target `a`.
 */
async function existing(t: TestContext): Promise<Existing> {
  const world = await stackWorldOf(t);
  const { runtime, port, httpBackend } = world;
  const backend = await httpBackend('a');
  const healthCheck = { intervalSeconds: 0.2 };
  await runtime.done('PUT', '/v1/load-balancers/lb-1', { address: '127.0.0.1', tags: { team: 'shop' } });
  await runtime.done('PUT', '/v1/listeners/web-1', { loadBalancerId: 'lb-1', protocol: 'HTTP', port, healthCheck });
  const targets = { a: { ...backend.target, weight: 20 } };
  await runtime.done('PUT', '/v1/attachments/pool-1', { listenerId: 'web-1', targets, awaitHealthySeconds: 10 });
  return { ...world, backend };
}

interface Arguments {
  lb?: object;
  web?: object;
  pool?: object;
}

/**
 * Returns a program with the resources lb, web and pool that match the existing objects; `more` overrides their
 * arguments.
 */
function program({ port, backend }: Existing, more: Arguments): string {
  const lb = { address: '127.0.0.1', tags: { team: 'shop' }, ...more.lb };
  const web = { protocol: 'HTTP', port, healthCheck: { intervalSeconds: 0.2 }, ...more.web };
  const targets = { a: { ...backend.target, weight: 20 } };
  const pool = { targets, awaitHealthySeconds: 10, ...more.pool };
  return `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', ${JSON.stringify(lb)});
const web = new weir.Listener('web', { loadBalancerId: lb.id, ...${JSON.stringify(web)} });
new weir.TargetAttachment('pool', { listenerId: web.id, ...${JSON.stringify(pool)} });
`;
}

const ADOPTED = { lb: { adopt: 'lb-1' }, web: { adopt: 'web-1' }, pool: { adopt: 'pool-1' } };

async function objects(runtime: RuntimeProcess): Promise<{ id: string; owner?: string; incarnation: string }[]> {
  const lists = await Promise.all(KINDS.map((kind) => runtime.done('GET', `/v1/${kind}`)));
  return lists.flatMap(({ items }) => items);
}

test('objects that match the program are adopted without a failed request, then unchanged, and deleted by destroy', async (t) => {
  const it = await existing(t);
  const { runtime, stack, port } = it;
  stack.write(program(it, ADOPTED));
  const load = startLoad({ url: `http://127.0.0.1:${port}/`, clients: 4 });
  await stack.up();
  await load.stop();
  assert.deepEqual(load.failures(), []);
  assert.deepEqual(
    (await objects(runtime)).map(({ id, owner }) => [id, owner?.split('::').at(-1)]),
    [
      ['lb-1', 'lb'],
      ['web-1', 'web'],
      ['pool-1', 'pool'],
    ],
  );
  await stack.done(['preview', '--expect-no-changes']);
  await stack.done(['refresh', '--yes', '--expect-no-changes']);
  await stack.done(['preview', '--refresh', '--expect-no-changes']);
  stack.write(program(it, {}));
  await stack.done(['preview', '--expect-no-changes']);
  stack.write(program(it, { ...ADOPTED, pool: { ...ADOPTED.pool, defaultPort: 80 } }));
  await stack.up();
  assert.equal((await runtime.done('GET', '/v1/attachments/pool-1')).defaultPort, 80);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), []);
});

test('differences are listed and nothing changes, until adoptAndChange applies them', async (t) => {
  const it = await existing(t);
  const { runtime, stack, backend } = it;
  const before = await objects(runtime);
  const targets = { a: { ...backend.target, weight: 25 }, b: { address: '10.0.0.2', port: 80 } };
  const changed = (more: object) => ({
    lb: { adopt: 'lb-1', tags: { team: 'web' }, deletionProtection: false, ...more },
    web: { adopt: 'web-1', healthCheck: { intervalSeconds: 0.4 }, algorithm: 'source-ip-hash', ...more },
    pool: { adopt: 'pool-1', targets, awaitHealthySeconds: undefined, ...more },
  });
  stack.write(program(it, changed({})));
  const text = await stack.upFails();
  assert.match(
    text,
    /The load balancer lb-1 differs from the program: tags\.team is "shop" in the runtime and "web" in the/,
  );
  assert.doesNotMatch(text, /deletionProtection|address/);
  assert.match(text, /set adoptAndChange: true/);
  assert.deepEqual(await objects(runtime), before);

  stack.write(program(it, { ...changed({}), lb: { adopt: 'lb-1' } }));
  const listener = await stack.run(['up', '--yes', '--skip-preview']);
  assert.match(listener.text, /algorithm is "weighted-round-robin" in the runtime and "source-ip-hash" in the program/);
  assert.match(listener.text, /healthCheck\.intervalSeconds is 0\.2 in the runtime and 0\.4 in the program/);

  stack.write(program(it, { lb: ADOPTED.lb, web: ADOPTED.web, pool: changed({}).pool }));
  const attachment = await stack.run(['up', '--yes', '--skip-preview']);
  assert.match(attachment.text, /targets\.a\.weight is 20 in the runtime and 25 in the program/);
  assert.match(attachment.text, /targets\.b is given in the program and not in the runtime/);
  assert.match(attachment.text, /awaitHealthySeconds is 10 in the runtime and not in the program/);

  stack.write(program(it, changed({ adoptAndChange: true })));
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
  assert.equal((await runtime.done('GET', '/v1/attachments/pool-1')).targets.a.weight, 25);
  assert.equal((await runtime.done('GET', '/v1/load-balancers/lb-1')).tags.team, 'web');
});

test('an unknown id, and adoption arguments without an id, give an error that says what to do', async (t) => {
  const it = await existing(t);
  it.stack.write(program(it, { lb: { adopt: 'lb-2' } }));
  const { text } = await it.stack.run(['up', '--yes', '--skip-preview']);
  assert.match(text, /has no load balancer lb-2: leave adopt out to make a new one \(NotFound\)/);
  it.stack.write(program(it, { lb: { adoptAndChange: true, adoptFrom: 'x' }, web: { adopt: 'no id' } }));
  const preview = await it.stack.fails(['preview']);
  assert.match(preview, /adoptAndChange is given without adopt/);
  assert.match(preview, /adoptFrom is given without adopt/);
  assert.doesNotMatch(preview, /\n\s+at /);
});

test("another stack's object is refused with its owner; with adoptFrom its owner changes, and the other stack leaves it alone", async (t) => {
  const it = await existing(t);
  const { runtime, stack } = it;
  stack.write(program(it, ADOPTED));
  await stack.up();
  const owned = await objects(runtime);

  const other = await Stack.create(t, program(it, ADOPTED), runtime);
  await other.done(['stack', 'init', 'prod']);
  await other.done(['config', 'set', 'weir:endpoint', runtime.url]);
  const text = await other.upFails();
  const owner = owned[0]?.owner ?? '';
  assert.ok(
    text.includes(`The load balancer lb-1 belongs to ${owner}: to take it over, set adoptFrom: "${owner}".`),
    text,
  );
  other.write(program(it, { lb: { adopt: 'lb-1', adoptFrom: owner.replace('::lb', '::lb2') } }));
  assert.match((await other.run(['up', '--yes', '--skip-preview'])).text, /belongs to .*::lb, not to .*::lb2: /);
  assert.deepEqual(await objects(runtime), owned);

  const [lb, web, pool] = owned.map(({ id: adopt, owner: adoptFrom }) => ({ adopt, adoptFrom }));
  other.write(program(it, { lb, web, pool }));
  await other.up();
  await other.done(['preview', '--expect-no-changes']);
  const taken = await objects(runtime);

  const refreshed = await stack.run(['up', '--refresh', '--yes', '--skip-preview']);
  assert.ok(
    refreshed.text.includes(`lb: belongs to ${taken[0]?.owner} now: take it out of this program`),
    refreshed.text,
  );
  assert.deepEqual(await objects(runtime), taken);
  stack.write(program(it, { lb: { ...ADOPTED.lb, tags: {} } }));
  assert.match(
    (await stack.run(['up', '--yes', '--skip-preview'])).text,
    /belongs to .*prod.*::lb: take it out of this program/,
  );
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), taken);
  await other.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), []);
});

test('objects adopted from another stack survive its destroy, even if their targets are not healthy in time', async (t) => {
  const it = await existing(t);
  const { runtime, stack } = it;
  stack.write(program(it, { lb: { adopt: 'lb-1' }, web: { adopt: 'web-1' }, pool: { adopt: 'pool-1' } }));
  await stack.up();
  const [lb, web, pool] = (await objects(runtime)).map(({ id: adopt, owner: adoptFrom }) => ({ adopt, adoptFrom }));
  const targets = { dead: { address: '127.0.0.1', port: 9 } };
  const other = await Stack.create(t, '', runtime);
  await other.done(['stack', 'init', 'prod']);
  await other.done(['config', 'set', 'weir:endpoint', runtime.url]);
  other.write(program(it, { lb, web, pool: { ...pool, targets, awaitHealthySeconds: 0.1, adoptAndChange: true } }));
  const { text } = await other.run(['up', '--yes', '--skip-preview']);
  assert.match(text, /targets\.dead is .*The targets are bound\. \(IncorrectStatus\.RSByPassToas/);
  await until('the dead target to be unhealthy', async () => {
    const { boundTargets } = await runtime.done('GET', '/v1/attachments/pool-1');
    return boundTargets.dead.health === 'unhealthy' || undefined;
  });
  const taken = await objects(runtime);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), taken);
  await other.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), []);
});

test('replacing an adopted object keeps its id, and a change of its parent makes an object with a new id', async (t) => {
  const it = await existing(t);
  const { runtime, stack } = it;
  stack.write(program(it, ADOPTED));
  await stack.up();
  const [first] = (await objects(runtime)).filter(({ id }) => id === 'pool-1');
  const urn = (await stack.resources()).get('pool')?.urn ?? '';
  await stack.done(['up', '--yes', '--skip-preview', '--replace', urn]);
  const [second] = (await objects(runtime)).filter(({ id }) => id === 'pool-1');
  assert.notEqual(second?.incarnation, first?.incarnation);

  const moved = program(it, ADOPTED)
    .replace('listenerId: web.id', 'listenerId: tcp.id')
    .replace(
      'new weir.TargetAttachment',
      `const tcp = new weir.Listener('tcp', { loadBalancerId: lb.id, protocol: 'TCP', port: ${await freePort()} });\nnew weir.TargetAttachment`,
    );
  stack.write(moved);
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
  const [attachment, ...rest] = (await runtime.done('GET', '/v1/attachments')).items;
  assert.match(attachment.id, /^pool-[0-9a-f]{8}$/);
  assert.deepEqual(rest, []);
  await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.deepEqual(await objects(runtime), []);
});

test('keys are compared by fingerprint and named without any part of their text', async (t) => {
  const it = await existing(t);
  const { runtime, stack, port } = it;
  const [pair, wrong] = [makePair(['a.example']), makePair(['a.example'])];
  const stickySession = { type: 'cookie', cookieKey: 'planted-cookie-key' };
  const healthCheck = { intervalSeconds: 0.2 };
  const listener = { loadBalancerId: 'lb-1', protocol: 'HTTPS', port, healthCheck, stickySession };
  await runtime.done('PUT', '/v1/listeners/web-1', { ...listener, certificates: { main: pair } });
  const secure = (certificates: object, cookieKey: string) => ({
    ...ADOPTED,
    web: { adopt: 'web-1', protocol: 'HTTPS', certificates, stickySession: { type: 'cookie', cookieKey } },
  });
  stack.write(program(it, secure({ main: wrong, more: pair }, 'another-planted-key')));
  const { text } = await stack.run(['up', '--yes', '--skip-preview']);
  assert.match(text, /certificates\.main\.privateKey is another secret; /);
  assert.match(text, /certificates\.more is given in the program and not in the runtime/);
  assert.match(text, /stickySession\.cookieKey is another secret/);
  assert.doesNotMatch(text, /planted|PRIVATE KEY|sha256/);
  stack.write(program(it, secure({ main: pair }, 'planted-cookie-key')));
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
});
