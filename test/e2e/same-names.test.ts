// Two states with the same names of project and stack on one runtime: neither reuses the objects of the other in silence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

test('the same stack in another backend is refused, or tells each object that it reuses, and the first one tells it, too', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  const program = (weight: number) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port}, healthCheck: { protocol: 'none' } });
new weir.TargetAttachment('pool', { listenerId: web.id, targets: { a: { address: '10.0.0.1', port: 80, weight: ${weight} } } });
`;
  stack.write(program(10));
  await stack.up();
  const pool = (await stack.resources()).get('pool');
  const other = await Stack.create(t, program(20), runtime);
  await other.done(['config', 'set', 'weir:reuseObjects', 'false']);
  assert.match(
    await other.upFails(),
    /The create would reuse the load balancer lb-\w+, which exists since 20\S+Z: .*weir:reuseObjects is false, so nothing was changed/,
  );
  const { incarnation } = await runtime.done('GET', `/v1/attachments/${pool?.id}`);
  assert.equal(incarnation, pool?.outputs.incarnation);
  await other.done(['config', 'rm', 'weir:reuseObjects']);
  const text = await other.up();
  for (const what of ['load balancer lb', 'listener web', 'attachment pool']) {
    const name = what.split(' ').at(-1);
    assert.match(text, new RegExp(`${name}: reuses the ${what}-\\w+, which exists since 20\\S+Z: that is right with`));
  }
  stack.write(program(30));
  assert.match(
    await stack.up(),
    /pool: the attachment pool-\w+ is another one than the one of this state: another state has the same project and stack names/,
  );
});
