// Previews with unknown inputs in every place, and with invalid inputs, which are refused before anything is done.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackWorldOf } from '../harness/stack/world.ts';

/** Returns a program in which `pending(value)` is unknown in the preview if `seed` changes. */
function unknownProgram({ port, seed, weight }: { port: number; seed: string; weight: string }): string {
  return `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const source = new weir.LoadBalancer('source', { address: '127.0.0.1', tags: { seed: '${seed}' } });
const pending = (value) => pulumi.all([source.runtimeId]).apply(() => value);
const lb = new weir.LoadBalancer('lb', { address: pending('127.0.0.1') });
const web = new weir.Listener('web', { loadBalancerId: pulumi.all([lb.id, pending(1)]).apply(([id]) => id), protocol: 'HTTP', port: pending(${port}) });
const some = new weir.TargetAttachment('some', { listenerId: web.id, targets: {
  port: { address: '127.0.0.1', port: pending(7001), weight: ${weight} },
  address: { address: pending('127.0.0.2'), port: 7002 },
  weight: { address: '127.0.0.1', port: 7003, weight: pending(5) },
} });
const whole = new weir.TargetAttachment('whole', { listenerId: web.id, targets: pending({ a: { address: '127.0.0.1', port: 7004 } }) });
`;
}

test('unknown port, address, weight, listenerId and target map: new and changed stacks preview and go up', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  stack.write(unknownProgram({ port, seed: 'one', weight: '10' }));
  assert.match(await stack.done(['preview']), /\+ 5 to create|5 to create|6 to create/);
  await stack.up();
  await stack.done(['preview', '--expect-no-changes']);
  stack.write(unknownProgram({ port, seed: 'two', weight: '11' }));
  const preview = await stack.done(['preview', '--diff']);
  assert.match(preview, /~ weight *: 10 => 11/);
  await stack.up();
  const [listener] = (await runtime.done('GET', '/v1/status')).listeners;
  const bound = listener.targets
    .map(({ name, weight }: { name: string; weight: number }) => `${name} ${weight}`)
    .sort();
  assert.deepEqual(bound, ['a 100', 'address 100', 'port 11', 'weight 5']);
  stack.write(unknownProgram({ port, seed: 'three', weight: '101' }));
  const refused = await stack.fails(['preview']);
  assert.match(refused, /targets\.port\.weight/);
  await stack.destroy();
});

const BAD: readonly (readonly [resource: string, paths: readonly string[]])[] = [
  ["LoadBalancer('lb', { address: 'localhost', type: 'network' })", ['address', 'type']],
  [
    "Listener('web', { loadBalancerId: 'lb', protocol: 'SCTP', port: 99999, healthCheck: { intervalSeconds: 0 } })",
    ['protocol', 'port', 'healthCheck.intervalSeconds'],
  ],
  [
    `TargetAttachment('pool', { listenerId: 'web', targets: {
      a: { address: '127.0.0.1', port: 80, weight: 101 },
      b: { address: '127.0.0.1', port: 80 },
      c: { address: 'c.example', port: 0 },
    } })`,
    ['targets.a.weight', 'targets.b', 'targets.c.address', 'targets.c.port'],
  ],
];

test('invalid input names every property at preview, without a stack trace', async (t) => {
  const { runtime, stack } = await stackWorldOf(t);
  for (const [resource, paths] of BAD) {
    stack.write(`import * as weir from 'pulumi-weir';\nnew weir.${resource};\n`);
    const text = await stack.fails(['preview']);
    for (const path of paths)
      assert.match(text, new RegExp(`(property|problem:) ${path.replaceAll('.', '\\.')} `), path);
    assert.doesNotMatch(text, /\n\s+at /);
  }
  assert.equal((await runtime.done('GET', '/v1/status')).version, 0);
});

test('vip is known in the preview of a change if the address is given, so stack outputs show no change', async (t) => {
  const { stack } = await stackWorldOf(t);
  const program = (tag: string) => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', tags: { tag: '${tag}' } });
export const vip = lb.vip;
`;
  stack.write(program('one'));
  assert.match(await stack.done(['preview']), /vip\s*: "127\.0\.0\.1"/);
  await stack.up();
  stack.write(program('two'));
  assert.doesNotMatch(await stack.done(['preview', '--diff']), /~ vip|vip: output/);
});
