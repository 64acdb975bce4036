// Forwarding rules over real sockets: which targets a request goes to, also while rules come, change and go.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { HealthView } from '../../../../../../provider/runtime/contract/engine.ts';
import type {
  Health,
  ListenerSnapshot,
  RuleSnapshot,
  TargetSnapshot,
} from '../../../../../../provider/runtime/contract/snapshot.ts';
import { TargetSet } from '../../../../../../provider/runtime/embedded/serving/target-set.ts';
import { countersMaker } from '../../../../../../provider/runtime/embedded/shared/counters.ts';
import { createWaiting } from '../../../../../../provider/runtime/embedded/shared/waiting.ts';
import { createPickingState } from '../../../../../../provider/runtime/select/picking-state.ts';
import {
  freePort,
  fullPort,
  listenerSnapshot,
  rule,
  target,
  targetGroupSettings,
  untilTrue,
} from '../../../../../harness/engine/fixtures.ts';
import { get, ok, ScriptedBackend, ScriptedClient } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';
import { engineWorldOf } from '../../../../../harness/engine/world.ts';

/** Starts backends that respond with their names, and returns them as targets. */
async function named<Name extends string>(
  t: TestContext,
  names: readonly Name[],
): Promise<Record<Name, TargetSnapshot>> {
  const backends = await Promise.all(
    names.map(async (name) => [name, await ScriptedBackend.responding(t, name)] as const),
  );
  return Object.fromEntries(backends.map(([name, { port }]) => [name, target(port)])) as Record<Name, TargetSnapshot>;
}

/**
 * Starts an engine for snapshots of one HTTP listener. `web` makes this listener from its own targets and its rules.
 */
async function webOf(t: TestContext) {
  const world = engineWorldOf(t, { workers: 1 });
  const port = await freePort();
  const web = (targets: readonly TargetSnapshot[], rules: readonly RuleSnapshot[]): ListenerSnapshot =>
    listenerSnapshot('web', port, targets, { protocol: 'HTTP', rules });
  return {
    ...world,
    web,
    connect: () => ScriptedClient.connect(t, port),
  };
}

async function ask(client: ScriptedClient, host: string, path: string): Promise<string> {
  client.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return (await client.response()).body;
}

test("each request of a connection is routed by its host and path, or to the listener's targets if no rule matches", async (t) => {
  const { own, api, host } = await named(t, ['own', 'api', 'host']);
  const { web, serve, connect } = await webOf(t);
  await serve([web([own], [rule('api', { path: '/api' }, [api]), rule('host', { host: '*.example.com' }, [host])])]);
  const client = await connect();
  assert.equal(await ask(client, 'a', '/'), 'own');
  assert.equal(await ask(client, 'a', '/api/x?y'), 'api');
  assert.equal(await ask(client, 'a', '/apix'), 'own');
  assert.equal(await ask(client, 'WWW.example.com.:80', '/api'), 'host');
  assert.equal(await ask(client, 'a', '/x/../%61pi/'), 'api');
  assert.equal(await ask(client, 'a', 'http://a/api'), 'api');
  client.write('OPTIONS * HTTP/1.1\r\nHost: www.example.com\r\n\r\n');
  assert.equal((await client.response()).body, 'host');
  client.write('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, 'own');
  client.write('GET /api HTTP/1.0\r\n\r\n');
  assert.equal((await client.response()).body, 'api');
});

test('the path is forwarded as it was sent, except for dot segments', async (t) => {
  const heads: string[] = [];
  const backend = await ScriptedBackend.start(t, async (peer) => {
    heads.push(await peer.head());
    peer.write(ok(''));
  });
  const { web, serve, connect } = await webOf(t);
  await serve([web([], [rule('api', { path: '/%61pi' }, [target(backend.port)])])]);
  await ask(await connect(), 'A.example:1', '/y/../ap%69/%7e%2f');
  assert.match(heads[0] ?? '', /^GET \/ap%69\/%7e%2f HTTP\/1\.1\r\nHost: A\.example:1\r\n/);
});

test("a request to a rule without an eligible target gets 503 and not the listener's targets", async (t) => {
  const { own, api } = await named(t, ['own', 'api']);
  const { web, serve, connect } = await webOf(t);
  await serve([web([own], [rule('api', { path: '/api' }, [])])]);
  const client = await connect();
  assert.match(await ask(client, 'a', '/api'), /^503/);
  await serve([web([own], [rule('api', { path: '/api' }, [{ ...api, weight: 0 }])])]);
  assert.match(await ask(client, 'a', '/api'), /^503/);
  assert.equal(await ask(client, 'a', '/'), 'own');
});

test('a rule counts from the first result of a health check, and from then on keeps its requests', async (t) => {
  const { own, api } = await named(t, ['own', 'api']);
  const { engine, serve, web, connect } = await webOf(t);
  let health: Health = 'checking';
  const view: HealthView = (targetGroupId) => (targetGroupId === 'web' ? 'unchecked' : health);
  await serve([web([own], [rule('api', { path: '/api' }, [api])])], view);
  const client = await connect();
  assert.equal(await ask(client, 'a', '/api'), 'own');
  const turn = async (next: Health) => {
    health = next;
    engine.setHealth([{ targetGroupId: 'rules/api', key: api.key, health }]);
    // A worker handles messages in order, so it has the health when it serves this snapshot.
    await serve([web([own], [rule('api', { path: '/api' }, [api])])], view);
  };
  await turn('healthy');
  assert.equal(await ask(client, 'a', '/api'), 'api');
  for (const bad of ['unhealthy', 'checking'] as const) {
    await turn(bad);
    assert.match(await ask(client, 'a', '/api'), /^503/);
  }
});

test('added, changed and removed rules count from the next request of an open connection', async (t) => {
  const { own, one, two } = await named(t, ['own', 'one', 'two']);
  const { web, serve, connect } = await webOf(t);
  await serve([web([own], [])]);
  const client = await connect();
  assert.equal(await ask(client, 'a', '/x'), 'own');
  await serve([web([own], [rule('x', { path: '/x' }, [one])])]);
  assert.equal(await ask(client, 'a', '/x'), 'one');
  await serve([web([own], [rule('x', { path: '/y' }, [one])])]);
  assert.equal(await ask(client, 'a', '/x'), 'own');
  assert.equal(await ask(client, 'a', '/y'), 'one');
  await serve([web([own], [rule('x', { path: '/y' }, [two])])]);
  assert.equal(await ask(client, 'a', '/y'), 'two');
  await serve([web([own], [])]);
  assert.equal(await ask(client, 'a', '/y'), 'own');
});

test('the newest of equal rules that has an eligible target serves', async (t) => {
  const { own, old, young } = await named(t, ['own', 'old', 'young']);
  const { web, serve, connect } = await webOf(t);
  const both = (targets: readonly TargetSnapshot[]) => [
    rule('young', { path: '/x/', version: 2 }, targets),
    rule('old', { path: '/x', version: 1 }, [old]),
  ];
  await serve([web([own], both([]))]);
  const client = await connect();
  assert.equal(await ask(client, 'a', '/x'), 'old');
  await serve([web([own], both([{ ...young, weight: 0 }]))]);
  assert.equal(await ask(client, 'a', '/x'), 'old');
  await serve([web([own], both([young]))]);
  assert.equal(await ask(client, 'a', '/x'), 'young');
});

test('a removed rule finishes its exchange and closes idle connections, and waiting requests are routed again', async (t) => {
  const response = Promise.withResolvers<void>();
  const slow = await ScriptedBackend.start(t, async (peer, number) => {
    await peer.head();
    if (number === 0) await response.promise;
    peer.write(ok(`slow ${number}`));
  });
  const { own } = await named(t, ['own']);
  const hanging = target(await fullPort(t));
  const { web, serve, connect, engine } = await webOf(t);
  const going = [rule('slow', { path: '/slow' }, [target(slow.port)]), rule('wait', { path: '/wait' }, [hanging])];
  await serve([web([own], going)]);
  const [underWay, idle, waiting] = [await connect(), await connect(), await connect()];
  underWay.write(get('/slow'));
  await slow.peer(0);
  assert.equal(await ask(idle, 'a', '/slow'), 'slow 1');
  waiting.write(get('/wait'));
  await untilTrue(() => engine.traffic('web')?.requests === 3, 'the third request');

  await serve([web([own], [])]);
  assert.equal((await waiting.response()).body, 'own');
  await (await slow.peer(1)).untilEnded();
  response.resolve();
  assert.equal((await underWay.response()).body, 'slow 0');
  assert.equal(slow.peers.length, 2);
  assert.equal(await ask(underWay, 'a', '/slow'), 'own');
});

test('a request follows the new rule if the rule changes while its connection is made', async (t) => {
  const { own, other } = await named(t, ['own', 'other']);
  const proxy = await HttpProxy.start(t, [own.port]);
  const { listener: served } = proxy;
  const settings = { ...targetGroupSettings('web'), id: 'rules/x' };
  const targetGroup = new TargetSet(
    { settings, pickingState: createPickingState(), waiting: createWaiting(1), clients: undefined },
    0,
    () => {},
  );
  served.targetGroups.set('rules/x', targetGroup);
  const shared = { number: 0, slot: 0, counters: countersMaker(1)() };
  targetGroup.update({ upserted: [{ target: other, health: 'healthy', begunAtMs: undefined, ...shared }] });
  const { targets } = served;
  const pick = targets.pick.bind(targets);
  targets.pick = (...args) => {
    // Simulates a swap of the served rules between the pick of a target and the connection to it.
    setImmediate(() => {
      served.routes = [{ targetGroupId: 'rules/x', host: undefined, path: '/x', pathMatch: 'prefix', version: 1 }];
    });
    return pick(...args);
  };
  const client = await proxy.connect(t);
  assert.equal(await ask(client, 'a', '/x'), 'other');
  assert.equal(proxy.counts(own.port).requests, 0);
});

test('a rule that moves to another listener serves there, even if the old listener goes in the same snapshot', async (t) => {
  const { own, api } = await named(t, ['own', 'api']);
  const { web, serve, connect } = await webOf(t);
  const ofOld = rule('api', { path: '/api' }, [api], { listenerId: 'old' });
  const old = listenerSnapshot('old', await freePort(), [own], { protocol: 'HTTP', rules: [ofOld] });
  await serve([old, web([own], [])]);
  const client = await connect();
  assert.equal(await ask(client, 'a', '/api'), 'own');
  await serve([web([own], [rule('api', { path: '/api' }, [api])])]);
  assert.equal(await ask(client, 'a', '/api'), 'api');
});
