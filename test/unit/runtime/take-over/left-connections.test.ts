// Connections that a process has left: what is told of them together with the data plane's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrainingTarget } from '../../../../provider/runtime/contract/engine-statistics.ts';
import { leftConnections, withLeft } from '../../../../provider/runtime/take-over/left-connections.ts';
import type { LeftConnections } from '../../../../provider/runtime/take-over/messages.ts';
import { echoTarget, listenerSnapshot, target, untilTrue } from '../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../harness/engine/world.ts';

test('open connections are counted, and added to the flows of another data plane', async (t) => {
  const { engine, snapshot, serve, serveWeb, connect } = engineWorldOf(t, { workers: 1 });
  const a = await echoTarget(t, 'a');
  const port = await serveWeb([target(a.port)]);
  const flow = connect(port);
  await flow.name();
  const web = listenerSnapshot('web', port, [target(a.port)]);
  const { key } = target(a.port);
  const left = leftConnections(engine, snapshot([web]));
  assert.deepEqual(left, { open: { web: 1 }, active: { web: { [key]: 1 } }, draining: [] });
  const statistics = withLeft(engine, () => left);
  assert.equal(statistics.counts('web', key).activeConnections, 2);
  await serve([{ ...web, drainMs: 60_000, targetGroup: { ...web.targetGroup, targets: new Map() } }]);
  await untilTrue(() => engine.draining().length === 1, 'the draining target');
  const [own] = engine.draining() as [DrainingTarget];
  const elsewhere: LeftConnections = { open: {}, active: {}, draining: [{ ...own, count: 2 }] };
  assert.deepEqual(withLeft(engine, () => elsewhere).draining(), [{ ...own, count: 3 }]);
});
