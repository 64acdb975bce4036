// Permissions that a write needs: by its changes, on the resources of the old and the new object, and on newly bound
// servers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../../../../provider/model/base/kinds.ts';
import { parseProperties } from '../../../../../provider/model/objects/validate.ts';
import { needsOfRead, needsOfWrite } from '../../../../../provider/runtime/control/access/permissions.ts';
import type { Draft } from '../../../../../provider/runtime/stored/model.ts';
import type { StoredObject } from '../../../../../provider/runtime/stored/object.ts';
import { emptyDraft, put } from '../../../../harness/control/drafts.ts';

const PLACE = { region: 'here', vpcId: 'vpc' };

const TARGETS = { a: { address: '10.0.0.1', port: 80 }, b: { serverId: 'i-1', port: 80 } };

/** A model of three load balancers, a listener and a rule of `lb`, three servers, a group, and attachments. */
function world(): Draft {
  const draft = emptyDraft();
  put(draft, 'load-balancers', 'lb', { ...PLACE });
  put(draft, 'load-balancers', 'other', { ...PLACE });
  put(draft, 'load-balancers', 'classic', { ...PLACE, type: 'classic' });
  put(draft, 'listeners', 'web', { loadBalancerId: 'lb', protocol: 'HTTP', port: 80 });
  put(draft, 'listeners', 'far', { loadBalancerId: 'other', protocol: 'HTTP', port: 80 });
  put(draft, 'rules', 'api', { listenerId: 'web', path: '/api' });
  for (const id of ['i-1', 'i-2', 'i-3'])
    put(draft, 'backend-servers', id, { ...PLACE, addresses: [`10.0.1.${id.at(-1)}`] });
  put(draft, 'groups', 'g', { members: { one: 'i-1', two: 'i-2' } });
  put(draft, 'attachments', 'pool', { listenerId: 'web', targets: TARGETS });
  put(draft, 'group-attachments', 'scaled', { groupId: 'g', listenerId: 'web', port: 80 });
  return draft;
}

/**
 * Returns the permissions that a write needs, each as a text of its first action, its resource and its path. An `input`
 * of `undefined` stands for a delete.
 */
function needs(kind: Kind, id: string, input: object | undefined): string[] {
  const draft = world();
  const before = draft.get<Kind>(kind, id);
  let after: StoredObject | undefined;
  if (input !== undefined) {
    put(draft, kind, id, input);
    after = draft.get<Kind>(kind, id);
  }
  return needsOfWrite(world(), before, after).map(({ actions, resources, path }) => {
    return `${actions[0]?.replace('slb:', '')} on ${resources.join(' or ')}${path && ` for ${path}`}`;
  });
}

const pool = (targets: object, more: object = {}) => ({ listenerId: 'web', targets, ...more });

const ROWS: readonly (readonly [rule: string, kind: Kind, id: string, input: object | undefined, needed: string[]])[] =
  [
    [
      'creating a load balancer needs permission on it',
      'load-balancers',
      'new',
      {},
      ['CreateLoadBalancer on loadbalancer/new'],
    ],
    [
      'modifying a load balancer needs permission on it',
      'load-balancers',
      'lb',
      { ...PLACE, tags: {} },
      ['ModifyLoadBalancer on loadbalancer/lb'],
    ],
    [
      'deleting a load balancer needs permission on it',
      'load-balancers',
      'lb',
      undefined,
      ['DeleteLoadBalancer on loadbalancer/lb'],
    ],
    [
      'creating a listener needs permission on its load balancer',
      'listeners',
      'new',
      { loadBalancerId: 'lb', protocol: 'TCP', port: 81 },
      ['CreateListener on loadbalancer/lb'],
    ],
    [
      'changing a listener needs permission on it or its load balancer',
      'listeners',
      'web',
      { loadBalancerId: 'lb', protocol: 'HTTP', port: 81 },
      ['ModifyListener on loadbalancer/lb or listener/web'],
    ],
    [
      'creating a rule needs permission on its listener or load balancer',
      'rules',
      'new',
      { listenerId: 'web', path: '/new' },
      ['CreateRule on loadbalancer/lb or listener/web'],
    ],
    [
      'deleting a rule needs permission on it or its load balancer; one on its listener is not enough',
      'rules',
      'api',
      undefined,
      ['DeleteRule on loadbalancer/lb or rule/api'],
    ],
    [
      'moving a listener needs permission on both load balancers',
      'listeners',
      'web',
      { loadBalancerId: 'other', protocol: 'HTTP', port: 81 },
      ['ModifyListener on loadbalancer/lb or listener/web', 'ModifyListener on loadbalancer/other'],
    ],
    [
      'moving a rule needs permission on both load balancers',
      'rules',
      'api',
      { listenerId: 'far', path: '/api' },
      ['ModifyRule on loadbalancer/lb or rule/api', 'ModifyRule on loadbalancer/other or listener/far'],
    ],
    [
      'deleting a server needs permission on the instance',
      'backend-servers',
      'i-3',
      undefined,
      ['DeleteServer on instance/i-3'],
    ],
    [
      'binding needs permission on the load balancer or the parent, and on each bound server',
      'attachments',
      'new',
      { ruleId: 'api', targets: { ...TARGETS, c: { serverId: 'i-2', port: 80 } } },
      [
        'AddBackendServers on loadbalancer/lb or rule/api',
        'AddBackendServers on instance/i-1 for targets.b',
        'AddBackendServers on instance/i-2 for targets.c',
      ],
    ],
    [
      'binding one more server needs no permission on bound servers',
      'attachments',
      'pool',
      pool({ ...TARGETS, c: { serverId: 'i-2', port: 80 } }),
      ['AddBackendServers on loadbalancer/lb or listener/web', 'AddBackendServers on instance/i-2 for targets.c'],
    ],
    [
      'creating an attachment without targets counts as binding',
      'attachments',
      'new',
      pool({}),
      ['AddBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'deleting an attachment counts as unbinding',
      'attachments',
      'pool',
      undefined,
      ['RemoveBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'removing a target counts as unbinding',
      'attachments',
      'pool',
      pool({ a: TARGETS.a }),
      ['RemoveBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'changing a weight needs the action for weights',
      'attachments',
      'pool',
      pool({ ...TARGETS, a: { ...TARGETS.a, weight: 5 } }),
      ['ModifyLoadBalancerBackends on loadbalancer/lb or listener/web'],
    ],
    [
      'changing a port needs the action for ports',
      'attachments',
      'pool',
      pool({ ...TARGETS, a: { ...TARGETS.a, port: 81 } }),
      ['ModifyTargetPort on loadbalancer/lb or listener/web'],
    ],
    [
      'changing a default port that no target uses needs the action for settings',
      'attachments',
      'pool',
      pool(TARGETS, { defaultPort: 81 }),
      ['SetBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'replacing the server of a target counts as unbinding and binding',
      'attachments',
      'pool',
      pool({ ...TARGETS, b: { serverId: 'i-2', port: 80 } }),
      [
        'AddBackendServers on loadbalancer/lb or listener/web',
        'AddBackendServers on instance/i-2 for targets.b',
        'RemoveBackendServers on loadbalancer/lb or listener/web',
      ],
    ],
    [
      'replacing the address of a target counts as unbinding and binding',
      'attachments',
      'pool',
      pool({ ...TARGETS, a: { ...TARGETS.a, address: '10.0.0.9' } }),
      [
        'AddBackendServers on loadbalancer/lb or listener/web',
        'RemoveBackendServers on loadbalancer/lb or listener/web',
      ],
    ],
    [
      'changing settings beside a weight needs both actions',
      'attachments',
      'pool',
      pool({ ...TARGETS, a: { ...TARGETS.a, weight: 5 } }, { handoverSeconds: 1 }),
      [
        'ModifyLoadBalancerBackends on loadbalancer/lb or listener/web',
        'SetBackendServers on loadbalancer/lb or listener/web',
      ],
    ],
    [
      'writing out the default weight does not count as changing a weight',
      'attachments',
      'pool',
      pool({ ...TARGETS, a: { ...TARGETS.a, weight: 100 } }),
      ['SetBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'another parent counts as unbinding there and binding here',
      'attachments',
      'pool',
      { listenerId: 'far', targets: TARGETS },
      [
        'AddBackendServers on loadbalancer/other or listener/far',
        'AddBackendServers on instance/i-1 for targets.b',
        'RemoveBackendServers on loadbalancer/lb or listener/web',
      ],
    ],
    [
      'a write without changes needs any action of the kind',
      'attachments',
      'pool',
      pool(TARGETS),
      ['AddBackendServers on loadbalancer/lb or listener/web'],
    ],
    [
      'creating a group needs permission on its members',
      'groups',
      'new',
      { members: { one: 'i-3' } },
      ['CreateScalingGroup on scalinggroup/new', 'AttachInstances on instance/i-3 for members.one'],
    ],
    [
      'replacing a member needs permission on the group and the new server',
      'groups',
      'g',
      { members: { one: 'i-1', three: 'i-3' } },
      [
        'AttachInstances on instance/i-3 for members.three',
        'AttachInstances on scalinggroup/g',
        'DetachInstances on scalinggroup/g',
      ],
    ],
    [
      'members that are no longer declared stay, so only the group is modified',
      'groups',
      'g',
      {},
      ['ModifyScalingGroup on scalinggroup/g'],
    ],
    [
      'attaching a group needs permission on the group and each member',
      'group-attachments',
      'new',
      { groupId: 'g', listenerId: 'far', port: 80 },
      [
        'AttachLoadBalancers on loadbalancer/other or listener/far',
        'AttachLoadBalancers on scalinggroup/g for groupId',
        'AttachLoadBalancers on instance/i-1 for members.one',
        'AttachLoadBalancers on instance/i-2 for members.two',
      ],
    ],
    [
      'changing the weight of a group attachment counts as attaching',
      'group-attachments',
      'scaled',
      { groupId: 'g', listenerId: 'web', port: 80, weight: 1 },
      ['AttachLoadBalancers on loadbalancer/lb or listener/web'],
    ],
    [
      'deleting a group attachment counts as detaching',
      'group-attachments',
      'scaled',
      undefined,
      ['DetachLoadBalancers on loadbalancer/lb or listener/web'],
    ],
  ];

for (const [rule, kind, id, input, needed] of ROWS) {
  test(rule, () => assert.deepEqual(needs(kind, id, input), needed));
}

test('a listener at the VIP:port of another listener needs permission on that listener too', () => {
  const draft = emptyDraft();
  for (const id of ['a', 'b', 'c']) put(draft, 'load-balancers', id, { address: id === 'c' ? '10.0.0.2' : '10.0.0.1' });
  for (const id of ['b', 'c']) put(draft, 'listeners', id, { loadBalancerId: id, protocol: 'TCP', port: 80 });
  const asked = (before: StoredObject | undefined, after: StoredObject) =>
    needsOfWrite(draft, before, after).map(({ actions, resources }) => `${actions} on ${resources.join(' or ')}`);
  const listener = (port: number, id = 'new') => {
    const properties = parseProperties('listeners', { loadBalancerId: 'a', protocol: 'TCP', port });
    return { kind: 'listeners', id, properties, state: {} } as unknown as StoredObject;
  };
  const [create, take] = ['slb:CreateListener on loadbalancer/a', 'slb:ModifyListener on loadbalancer/b or listener/b'];
  assert.deepEqual(asked(undefined, listener(81)), [create]);
  assert.deepEqual(asked(undefined, listener(80)), [create, take]);
  put(draft, 'listeners', 'a', { loadBalancerId: 'a', protocol: 'TCP', port: 82 });
  const takeOwn = 'slb:ModifyListener on loadbalancer/a or listener/a';
  assert.deepEqual(asked(undefined, listener(82)), [create, takeOwn]);
  assert.deepEqual(asked(listener(81), listener(80)), ['slb:ModifyListener on loadbalancer/a or listener/new', take]);
  const moved = draft.get('load-balancers', 'c');
  assert.ok(moved);
  const properties = parseProperties('load-balancers', { address: '10.0.0.1' });
  const after = { ...moved, properties, state: { vip: '10.0.0.1' } };
  assert.deepEqual(asked(moved, after), ['slb:ModifyLoadBalancer on loadbalancer/c', take]);
  assert.deepEqual(asked(after, { ...after, properties: { ...properties, tags: {} } }), [
    'slb:ModifyLoadBalancer on loadbalancer/c',
  ]);
});

test('the form of the parent decides the cloud API action for binding and unbinding', () => {
  const draft = world();
  for (const [parent, bind, unbind] of [
    [{ loadBalancerId: 'lb' }, 'RegisterInstancesWithLoadBalancer', 'DeregisterInstancesFromLoadBalancer'],
    [{ loadBalancerId: 'classic' }, 'RegisterTargetsWithClassicalLB', 'DeregisterTargetsFromClassicalLB'],
    [{ listenerId: 'web' }, 'RegisterTargets', 'DeregisterTargets'],
    [{ ruleId: 'api' }, 'RegisterTargets', 'DeregisterTargets'],
  ] as const) {
    put(draft, 'attachments', 'new', { ...parent, targets: {} });
    const object = draft.get('attachments', 'new');
    const actions = (before?: StoredObject, after?: StoredObject) => needsOfWrite(draft, before, after)[0]?.actions;
    assert.deepEqual(actions(undefined, object), ['slb:AddBackendServers', `slb:${bind}`]);
    assert.deepEqual(actions(object, undefined), ['slb:RemoveBackendServers', `slb:${unbind}`]);
  }
});

test('reading an object needs permission on it, its parent if it is an attachment, or its load balancer', () => {
  const draft = world();
  const asked = (kind: Kind, id: string) => {
    const object = draft.get<Kind>(kind, id);
    return (
      object && needsOfRead(draft, object).map(({ actions, resources }) => `${actions} on ${resources.join(' or ')}`)
    );
  };
  assert.deepEqual(asked('rules', 'api'), ['slb:DescribeRules on loadbalancer/lb or rule/api']);
  assert.deepEqual(asked('attachments', 'pool'), ['slb:DescribeBackendServers on loadbalancer/lb or listener/web']);
  assert.deepEqual(asked('group-attachments', 'scaled'), [
    'slb:DescribeBackendServers on loadbalancer/lb or listener/web',
  ]);
  assert.deepEqual(asked('backend-servers', 'i-1'), ['slb:DescribeServers on instance/i-1']);
  assert.deepEqual(asked('groups', 'g'), ['slb:DescribeScalingGroups on scalinggroup/g']);
});
