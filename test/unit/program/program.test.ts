// The program of a stack as `check` knows it: references by id and by URN, reservations, and contradictions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check } from '../../../provider/methods/check.ts';
import { UNKNOWN } from '../../../provider/model/base/unknown.ts';
import { programOf } from '../../../provider/program/program.ts';
import type { Properties } from '../../../provider/properties/properties.ts';
import { autoScalingAttachment } from '../../../provider/resources/auto-scaling-attachment.ts';
import { autoScalingGroup } from '../../../provider/resources/auto-scaling-group.ts';
import { backendServer } from '../../../provider/resources/backend-server.ts';
import type { ResourceDescription } from '../../../provider/resources/description.ts';
import { listener } from '../../../provider/resources/listener.ts';
import { loadBalancer } from '../../../provider/resources/load-balancer.ts';
import { targetAttachment } from '../../../provider/resources/target-attachment.ts';

let stacks = 0;

/** Makes an empty program. Its `add` calls `check` as the engine does, and returns the faults of the added resource. */
function program() {
  const stack = `urn:pulumi:s${stacks++}::shop`;
  const urn = (type: string, name: string) => `${stack}::pulumi-nodejs:dynamic/weir:${type}::${name}`;
  return {
    urn,
    /** Checks the inputs of a resource, which the program knows by `id` from then on. Returns the reported failures. */
    add(resource: ResourceDescription, name: string, inputs: Properties, { olds = {}, id = name } = {}): string[] {
      const owner = urn(resource.type, name);
      const { failures = [] } = check(resource, olds, { ...inputs, owner });
      programOf(owner).identify(owner, id);
      return failures.map(({ property, reason }) => `${property} ${reason}`.trim());
    },
  };
}

const b1 = { address: '10.0.0.1', port: 80 };
const BINDS = 'of this program binds to the same listener: leave it to one of them';
const CONFLICT = '(InvalidBackendServers.ServerIpConflict)';

test('two attachments that bind one target to one parent are refused with both names, however they refer to the parent', () => {
  const { add, urn } = program();
  add(listener, 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 }, { id: 'web-1' });
  assert.deepEqual(add(targetAttachment, 'one', { listenerId: 'web-1', targets: { a: b1 } }), []);
  const references = { listenerId: urn('Listener', 'web') };
  const targets = { x: b1, y: { ...b1, port: 81 } };
  assert.deepEqual(add(targetAttachment, 'two', { listenerId: UNKNOWN, forCheck: { references }, targets }), [
    `targets.x is 10.0.0.1:80, which attachment "one" ${BINDS} ${CONFLICT}`,
  ]);
  assert.deepEqual(add(targetAttachment, 'three', { listenerId: 'tcp', targets: { a: b1 } }), []);
  assert.deepEqual(add(targetAttachment, 'four', { listenerId: UNKNOWN, targets: { a: b1 } }), []);
});

test('a resource that is checked again counts only as it is now', () => {
  const { add } = program();
  const one = (targets: object) => add(targetAttachment, 'one', { listenerId: 'web', targets });
  const two = (targets: object) => add(targetAttachment, 'two', { listenerId: 'web', targets });
  assert.deepEqual(one({ a: b1 }), []);
  assert.deepEqual(one({ a: b1 }), []);
  assert.deepEqual(one({}), []);
  assert.deepEqual(two({ a: b1 }), []);
  assert.equal(one({ a: b1 }).length, 1);
});

test('another stack is another program', () => {
  const inputs = { listenerId: 'web', targets: { a: b1 } };
  assert.deepEqual(program().add(targetAttachment, 'one', inputs), []);
  assert.deepEqual(program().add(targetAttachment, 'two', inputs), []);
});

test('the id of a server, its address and its membership in a group mean one target', () => {
  const { add } = program();
  const place = { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.1', '10.0.0.2'] };
  add(backendServer, 'a', place, { id: 'i-a' });
  add(autoScalingGroup, 'group', { members: { a: 'i-a' } });
  assert.deepEqual(add(autoScalingAttachment, 'members', { groupId: 'group', listenerId: 'web', port: 80 }), []);
  const one = (targets: object) => add(targetAttachment, 'one', { listenerId: 'web', targets });
  assert.match(one({ a: b1 }).join(), /^targets\.a is 10\.0\.0\.1:80, which attachment "members" of this program/);
  assert.match(one({ a: { serverId: 'i-a', port: 80 } }).join(), /which attachment "members"/);
  assert.deepEqual(one({ a: { serverId: 'i-a', address: '10.0.0.2', port: 80 }, b: { ...b1, port: 81 } }), []);
  assert.deepEqual(one({ a: { serverId: 'i-a', port: 81 }, b: { ...b1, port: 81 } }), [
    `targets.b is 10.0.0.1:81, and so is "a": two targets may not have the same address and port ${CONFLICT}`,
  ]);
  assert.deepEqual(one({ a: { serverId: UNKNOWN, port: 81 }, b: { serverId: UNKNOWN, port: 81 } }), []);
});

test('two listeners with one address and port are refused, and an unknown address equals only itself', () => {
  const { add } = program();
  const web = (name: string, loadBalancerId: string, port: unknown = 80) =>
    add(listener, name, { loadBalancerId, protocol: 'TCP', port }).length;
  add(loadBalancer, 'a', { address: '::1' });
  add(loadBalancer, 'b', { address: '0:0::1' });
  add(loadBalancer, 'c', {});
  add(loadBalancer, 'd', { address: UNKNOWN });
  assert.equal(web('one', 'a'), 0);
  assert.equal(web('two', 'b'), 1);
  assert.equal(web('two', 'b', 81), 0);
  assert.deepEqual([web('three', 'c'), web('four', 'd'), web('five', 'e')], [0, 0, 0]);
  assert.deepEqual([web('six', 'c'), web('seven', 'd'), web('eight', 'e')], [1, 1, 1]);
  assert.deepEqual([web('nine', UNKNOWN), web('ten', 'a', UNKNOWN)], [0, 0]);
});

test('a classic load balancer has no ports of targets, no targets of listeners, and each address once', () => {
  const { add } = program();
  add(loadBalancer, 'lb', { type: 'classic' });
  const pool = (name: string, targets: object, more: object = { loadBalancerId: 'lb' }) =>
    add(targetAttachment, name, { targets, ...more });
  assert.match(
    pool('one', { a: b1 }).join(),
    /^targets\.a\.port cannot be given .*\(OperationFailed\.ActionNotSupport\)$/,
  );
  assert.deepEqual(pool('one', { a: { address: '10.0.0.1' }, b: { address: '10.0.0.2', port: UNKNOWN } }), []);
  assert.match(pool('two', { a: { address: '10.0.0.1' } }).join(), /same load balancer/);
  const unknownPort = { loadBalancerId: 'lb', defaultPort: UNKNOWN };
  assert.match(pool('two', { a: { address: '10.0.0.1' } }, unknownPort).join(), /same load balancer/);
  assert.match(
    add(listener, 'tcp', { loadBalancerId: 'lb', protocol: 'TCP', port: 80 }).join(),
    /^backendPort is required/,
  );
  assert.match(
    pool('three', { a: b1 }, { listenerId: 'tcp' }).join(),
    /^listenerId is not for a classic load balancer/,
  );
  assert.match(
    add(autoScalingAttachment, 'g', { groupId: 'g', loadBalancerId: 'lb', port: 80 }).join(),
    /^port cannot be given/,
  );
});

test('under a load balancer of unknown type, a port may be given or not', () => {
  const { add } = program();
  add(loadBalancer, 'lb', { type: UNKNOWN });
  for (const loadBalancerId of ['lb', 'elsewhere']) {
    assert.deepEqual(
      add(targetAttachment, 'one', { loadBalancerId, targets: { a: b1, b: { address: '10.0.0.2' } } }),
      [],
    );
  }
  add(loadBalancer, 'lb', {});
  const missing = ['targets.b.port is required if there is no defaultPort'];
  assert.deepEqual(
    add(targetAttachment, 'one', { loadBalancerId: 'lb', targets: { b: { address: '10.0.0.2' } } }),
    missing,
  );
});

test('only newly bound targets must be eligible, as far as server and load balancer are known', () => {
  const { add, urn } = program();
  const inEu = { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.1'] };
  add(loadBalancer, 'lb', { region: 'eu-1', tags: { seed: UNKNOWN } });
  add(listener, 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  add(backendServer, 'a', { ...inEu, status: 'Stopped' }, { id: 'i-a' });
  const inputs = { listenerId: 'web', targets: { a: { serverId: 'i-a', port: 80 } } };
  const refused = ['targets.a cannot be bound: server i-a is Stopped, not Running (IncorrectStatus.RSByPassToas)'];
  assert.deepEqual(add(targetAttachment, 'pool', inputs), refused);
  const references = { targets: { a: { serverId: urn('BackendServer', 'a') } } };
  const inPreview = { listenerId: 'web', targets: { a: { serverId: UNKNOWN, port: 80 } }, forCheck: { references } };
  assert.deepEqual(add(targetAttachment, 'pool', inPreview), [refused[0]?.replace('i-a', 'a')]);
  assert.deepEqual(add(targetAttachment, 'pool', { ...inputs, adopt: 'pool-1' }), []);
  const renamed = { ...inputs, targets: { other: { serverId: 'i-a', port: 80, weight: 5 } } };
  assert.deepEqual(add(targetAttachment, 'pool', inputs, { olds: renamed }), []);
  assert.deepEqual(add(targetAttachment, 'pool', inputs, { olds: { ...renamed, listenerId: 'tcp' } }), refused);
  assert.deepEqual(
    add(targetAttachment, 'pool', inputs, { olds: { ...renamed, defaultPort: 80, targets: {} } }),
    refused,
  );
  for (const unknown of [{ region: UNKNOWN }, { addresses: [UNKNOWN] }, { expiresAt: UNKNOWN }]) {
    add(backendServer, 'a', { ...inEu, status: 'Stopped', ...unknown }, { id: 'i-a' });
    assert.deepEqual(add(targetAttachment, 'pool', inputs), refused);
    add(backendServer, 'a', { ...inEu, ...unknown }, { id: 'i-a' });
    assert.deepEqual(add(targetAttachment, 'pool', inputs), []);
  }
  add(backendServer, 'a', { ...inEu, status: UNKNOWN }, { id: 'i-a' });
  assert.deepEqual(add(targetAttachment, 'pool', inputs), []);
  add(backendServer, 'a', { ...inEu, region: 'eu-2' }, { id: 'i-a' });
  assert.match(add(targetAttachment, 'pool', inputs).join(), /is in region eu-2, .* \(NetworkConflict\)$/);
  add(loadBalancer, 'lb', { region: UNKNOWN });
  assert.deepEqual(add(targetAttachment, 'pool', inputs), []);
});

test('an attached group may have no named member that can never be bound, and a member whose state forbids it is accepted', () => {
  const { add } = program();
  const inEu = { region: 'eu-1', vpcId: 'vpc-1', addresses: ['10.0.0.1'] };
  add(loadBalancer, 'lb', { region: 'eu-1' });
  add(listener, 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  const inputs = { groupId: 'group', listenerId: 'web', port: 80 };
  const attached = (server: object, olds = {}, oldMembers?: object) => {
    const group = oldMembers && { members: oldMembers };
    add(autoScalingGroup, 'group', { members: { a: 'i-a' } }, { olds: { ...group } });
    add(backendServer, 'a', { ...inEu, ...server }, { id: 'i-a' });
    return add(autoScalingAttachment, 'pool', inputs, { olds });
  };
  assert.deepEqual(attached({ status: 'Stopped', isolated: true, bandwidthMbps: 0 }), []);
  assert.deepEqual(attached({ region: 'eu-2' }), [
    'groupId has a member that cannot be bound: server i-a is in region eu-2, and the load balancer in eu-1 (NetworkConflict)',
  ]);
  assert.match(attached({ kind: 'eni' }).join(), /\(OperationUnsupported\.AddBackendServers\)$/);
  assert.deepEqual(attached({ region: UNKNOWN }), []);
  assert.deepEqual(attached({ region: 'eu-2' }, inputs, { a: 'i-a' }), []);
  assert.deepEqual(attached({ region: 'eu-2' }, inputs), [], 'it may have joined before');
  assert.match(attached({ region: 'eu-2' }, inputs, { a: 'i-b' }).join(), /server i-a is in region eu-2/);
  assert.match(attached({ region: 'eu-2' }, { ...inputs, groupId: 'other' }, { a: 'i-a' }).join(), /is in region eu-2/);
});

test('references and secrets are for check alone, and the inputs stay as they were written', () => {
  const { add, urn } = program();
  add(loadBalancer, 'lb', {}, { id: 'lb-1' });
  const inputs = { loadBalancerId: UNKNOWN, protocol: 'TCP', port: 80, owner: urn('Listener', 'web') };
  const references = { loadBalancerId: urn('LoadBalancer', 'lb') };
  assert.deepEqual(check(listener, {}, { ...inputs, forCheck: { references, secrets: ['port'] } }).inputs, inputs);
});

test('a new resource adopts no object that another resource of the program also adopts or already has', () => {
  const { add, urn } = program();
  const adopt = (name: string, inputs: Properties, more?: object) => add(loadBalancer, name, inputs, more);
  const held = (name: string) => [
    `adopt is also the object of resource "${name}" of this program: leave it to one of them (OwnedByOther)`,
  ];
  assert.deepEqual(adopt('first', { adopt: 'lb-1' }, { id: 'lb-1' }), []);
  assert.deepEqual(adopt('first', { adopt: 'lb-1' }, { id: 'lb-1' }), []);
  assert.deepEqual(adopt('second', { adopt: 'lb-1' }), held('first'));
  assert.deepEqual(
    adopt('second', { adopt: UNKNOWN, forCheck: { references: { adopt: urn('LoadBalancer', 'first') } } }),
    held('first'),
  );
  assert.deepEqual(adopt('third', {}, { id: 'lb-3' }), []);
  assert.deepEqual(adopt('second', { adopt: 'lb-3' }), held('third'));
  assert.deepEqual(adopt('second', { adopt: 'lb-3' }, { olds: { adopt: 'lb-2' } }), []);
  assert.deepEqual(adopt('fourth', { adopt: 'lb-4' }, { id: 'other' }), []);
  assert.deepEqual(adopt('fifth', { adopt: 'lb-4' }), held('fourth'));
  assert.deepEqual(
    add(backendServer, 'server', { region: 'r', vpcId: 'v', addresses: ['10.0.0.1'], adopt: 'lb-1' }),
    [],
  );
});
