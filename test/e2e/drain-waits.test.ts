// awaitDrainSeconds through the real CLI: an unbind ends with the last open flow of the targets that leave.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tcpBackend } from '../harness/backends/backends.ts';
import { openFlow } from '../harness/clients/flow.ts';
import { until } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

test('awaitDrainSeconds: an unbind and the deletion of a listener wait for open flows, show them, and say what is left', async (t) => {
  const { stack, port } = await stackWorldOf(t);
  const [a, b] = [await tcpBackend(t, 'a'), await tcpBackend(t, 'b')];
  const deleted = join(stack.directory, 'deleted-machines');
  const program = (pool: string, { machines = 'ab', seconds = 60, others = '', listener = 0 } = {}) => `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
class Machine extends pulumi.dynamic.Resource {
  declare readonly address: pulumi.Output<string>;
  constructor(name: string) {
    super({
      create: async () => ({ id: name, outs: { address: '127.0.0.1' } }),
      delete: async (id) => process.getBuiltinModule('node:fs').appendFileSync('${deleted}', id),
    }, name, { address: undefined });
  }
}
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'TCP', port: ${port}, drainSeconds: 600,
  awaitDrainSeconds: ${listener}, healthCheck: { protocol: 'none' } });
const ports = { a: ${a.port}, b: ${b.port} };
const [a, b] = (['a', 'b'] as const).map((name) => {
  const address = '${machines}'.includes(name) ? new Machine(name).address : '';
  return { address, port: ports[name] };
});
new weir.TargetAttachment('pool', { listenerId: web.id, awaitDrainSeconds: ${seconds}, targets: { ${pool} } });
${others}
`;
  stack.write(program('a'));
  await stack.up();
  const flow = await openFlow(port);
  t.after(() => flow.socket.destroy());

  // Another name and another attachment of the same listener: the target only moves.
  const moved =
    "new weir.TargetAttachment('other', { listenerId: web.id, awaitDrainSeconds: 60, targets: { moved: a } });";
  stack.write(program('b', { others: moved }));
  assert.doesNotMatch(await stack.up(), /waiting for/);

  // The update is killed while it waits, and the next one still waits for what the first one unbound. The machine of the
  // target, which is deleted in the same update, stays meanwhile.
  stack.write(program('b', { machines: 'b' }));
  const killed = stack.start(['up', '--yes', '--skip-preview']);
  const progress = /other: waiting for 1 open flow or exchange of (a|moved) to end, at most \d+ s more/;
  await until('the first progress', () => progress.test(killed.text()));
  await killed.kill();
  await stack.run(['cancel', '--yes']);
  const again = stack.start(['up', '--yes', '--skip-preview']);
  await until('the progress', () => progress.test(again.text()));
  assert.equal(existsSync(deleted), false);
  flow.socket.destroy();
  const { code, stdout } = await again.result;
  assert.equal(code, 0, stdout);
  assert.doesNotMatch(stdout, /left after/);
  assert.equal(readFileSync(deleted, 'utf8'), 'a');

  // The time is over before the flow has ended.
  const other = await openFlow(port);
  t.after(() => other.socket.destroy());
  stack.write(program('a', { seconds: 0.5, listener: 0.5 }));
  assert.match(await stack.up(), /pool: 1 open flow or exchange of b is left after 0\.5 s/);
  const last = await openFlow(port);
  t.after(() => last.socket.destroy());
  const destroyed = await stack.done(['destroy', '--yes', '--skip-preview']);
  assert.match(destroyed, /pool: 2 open flows and exchanges of a, b are left after 0\.5 s/);
  assert.match(destroyed, /web: 2 open flows and exchanges of a, b are left after 0\.5 s/);
});
