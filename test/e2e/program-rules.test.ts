// Contradictions within a program, which its first preview refuses, and valid programs that look like contradictions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stackWorldOf } from '../harness/stack/world.ts';

const HEAD = `
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1', region: 'eu-1', vpcId: 'vpc-1', zoneId: 'a' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: 8080 });
const old = new weir.LoadBalancer('old', { address: '127.0.0.2', type: 'classic' });
const tcp = new weir.Listener('tcp', { loadBalancerId: old.id, protocol: 'TCP', port: 8081, backendPort: 80 });
const b1 = { address: '10.0.0.1', port: 80 };
const place = { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.7', '10.0.0.8'] };
const pool = (name, parent, targets, more = {}) => new weir.TargetAttachment(name, { ...parent, targets, ...more });
const server = (name, more) => new weir.BackendServer(name, { ...place, ...more });
`;

/** Programs with contradictions, each with the expected messages. */
const REFUSED: readonly (readonly [string, readonly RegExp[]])[] = [
  [
    `pool('one', { listenerId: web.id }, { b1 }); pool('two', { listenerId: web.id }, { x: b1, y: { ...b1, port: 81 } });`,
    [
      /targets\.(x|b1) is 10\.0\.0\.1:80, which attachment "(one|two)" of this program binds to the same listener: leave/,
    ],
  ],
  [
    `const s = server('s', {}); pool('one', { listenerId: web.id }, { a: { serverId: s.id, port: 80 }, b: { address: '10.0.0.7', port: 80 } });`,
    [/targets\.b is 10\.0\.0\.7:80, and so is "a": .*InvalidBackendServers\.ServerIpConflict/],
  ],
  [
    `const s = server('s', {}); const group = new weir.AutoScalingGroup('g', { members: { s: s.id } });
     new weir.AutoScalingAttachment('members', { groupId: group.id, listenerId: web.id, port: 80 });
     pool('one', { listenerId: web.id }, { a: { address: '10.0.0.7', port: 80 } });`,
    [/is 10\.0\.0\.7:80, which attachment "(one|members)" of this program binds to the same listener/],
  ],
  [
    `new weir.Listener('again', { loadBalancerId: new weir.LoadBalancer('lb2', { address: '127.0.0.1' }).id, protocol: 'TCP', port: 8080 });`,
    [/property port .* is also the port of listener "(web|again)" of this program, .*\(PortInUse\)/],
  ],
  // Each of these programs has one fault, because a program ends at the first fault that the engine reports.
  [
    `pool('one', { loadBalancerId: old.id }, { b1 });`,
    [/targets\.b1\.port cannot be given under a classic load balancer.*\(OperationFailed\.ActionNotSupport\)/],
  ],
  [
    `pool('two', { listenerId: tcp.id }, { b1 });`,
    [/listenerId is not for a classic load balancer: bind its targets with loadBalancerId/],
  ],
  [
    `new weir.ForwardingRule('r', { listenerId: tcp.id, path: '/a' });`,
    [/listenerId names a listener of a classic load balancer/],
  ],
  [
    `new weir.Listener('none', { loadBalancerId: old.id, protocol: 'TCP', port: 8082 });`,
    [/backendPort is required under a classic load balancer/],
  ],
  [
    `pool('one', { loadBalancerId: lb.id }, { b1: { address: '10.0.0.1' } });`,
    [/targets\.b1\.port is required if there is no defaultPort/],
  ],
  [
    `new weir.AutoScalingAttachment('members', { groupId: new weir.AutoScalingGroup('g').id, listenerId: web.id });`,
    [/port is required/],
  ],
  [
    `const bind = (name, more, target = {}) => [name, { serverId: server(name, more).id, port: 80, ...target }];
     pool('one', { listenerId: web.id }, Object.fromEntries([
       bind('region', { region: 'eu-2' }), bind('vpc', { vpcId: 'vpc-2' }), bind('zone', { zoneId: 'b' }),
       bind('stopped', { status: 'Stopped' }), bind('starting', { status: 'Starting' }), bind('isolated', { isolated: true }),
       bind('expired', { expiresAt: '2020-01-31T00:00:00Z' }), bind('bandwidth', { bandwidthMbps: 0 }),
       bind('kind', { kind: 'eni' }, { type: 'eni' }), bind('type', { kind: 'eci' }), bind('address', {}, { address: '10.0.0.9' }),
     ]));`,
    [
      /targets\.region cannot be bound: .* is in region eu-2, and the load balancer in eu-1 \(NetworkConflict\)/,
      /targets\.vpc cannot be bound: .*\(NetworkConflict\)/,
      /targets\.zone cannot be bound: .*\(Mismatched\.ZoneId\)/,
      /targets\.stopped cannot be bound: .*\(IncorrectStatus\.RSByPassToas\)/,
      /targets\.starting cannot be bound: .*\(BackendServerProcessing\)/,
      /targets\.isolated cannot be bound: .* is isolated \(IncorrectStatus/,
      /targets\.expired cannot be bound: .* has expired \(IncorrectStatus/,
      /targets\.bandwidth cannot be bound: .* has a bandwidth of 0 \(IncorrectStatus/,
      /targets\.kind cannot be bound: .*\(OperationUnsupported\.AddBackendServers\)/,
      /targets\.type cannot be bound: .* is of type "eci", which the target must name/,
      /targets\.address cannot be bound: .* has no address 10\.0\.0\.9/,
    ],
  ],
];

test('a first preview names each contradiction with its code, and nothing is done', async (t) => {
  const { runtime, stack } = await stackWorldOf(t);
  for (const [program, expected] of REFUSED) {
    stack.write(HEAD + program);
    const text = await stack.fails(['preview']);
    for (const message of expected) assert.match(text, message);
    assert.doesNotMatch(text, /\n\s+at /);
    assert.doesNotMatch(text, /urn:pulumi:dev::shop::pulumi-nodejs:dynamic\/weir:BackendServer::\S+ (is|has)/);
  }
  assert.equal((await runtime.done('GET', '/v1/status')).version, 0);
});

const POOLS = (one: string, two: string, more = '') => `
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', { loadBalancerId: lb.id, protocol: 'HTTP', port: PORT });
const a = new weir.BackendServer('a', { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.7'] STATUS });
new weir.TargetAttachment('one', { listenerId: web.id, targets: ${one} });
new weir.TargetAttachment('two', { listenerId: web.id, targets: ${two} });
${more}`;

test('targets that move, are renamed, replaced or removed are no contradiction, nor is a bound server that stops', async (t) => {
  const { stack, freePort } = await stackWorldOf(t);
  const [port, other] = [await freePort(), await freePort()];
  const write = (program: string, status = '') =>
    stack.write(program.replaceAll('PORT', String(port)).replace('STATUS', status));
  const [x, y] = [`x: { address: '10.0.0.1', port: 80 }`, `y: { serverId: a.id, port: 80 }`];
  write(POOLS(`{ ${x}, ${y} }`, '{}'));
  await stack.up();
  const steps: readonly (readonly [string, string])[] = [
    // A bound server stops, and then its target is renamed.
    [POOLS(`{ ${x}, ${y} }`, '{}'), `, status: 'Stopped'`],
    [POOLS(`{ ${x}, ${y.replace('y', 'z')} }`, '{}'), `, status: 'Stopped'`],
    // A target moves from one attachment to the other, and back when the other attachment is removed.
    [POOLS(`{ ${y} }`, `{ ${x} }`), `, status: 'Stopped'`],
    [POOLS(`{ ${x}, ${y} }`, '{}').replace(/.*'two'.*/, ''), ''],
    // An attachment is renamed without and with an alias. Then a listener moves, and a new listener takes its old port.
    [POOLS(`{ ${x}, ${y} }`, '{}').replace("'one'", "'first'"), ''],
    [
      POOLS(`{ ${x}, ${y} }`, '{}')
        .replace("'first'", "'one'")
        .replace('} });\nnew', `} }, { aliases: [{ name: 'first' }] });\nnew`),
      '',
    ],
    [
      POOLS(
        `{ ${x}, ${y} }`,
        '{}',
        `new weir.Listener('more', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${port} }, { dependsOn: web });`,
      ).replace('port: PORT', `port: ${other}`),
      '',
    ],
  ];
  for (const [program, status] of steps) {
    write(program, status);
    await stack.done(['preview']);
    await stack.up();
    await stack.done(['preview', '--expect-no-changes']);
  }
  await stack.destroy();
});
