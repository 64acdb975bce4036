// The table of actions that a token can permit, and the actions that each operation needs.

import type { Kind } from '../base/kinds.ts';
import { parentKindsOf } from '../base/references.ts';
import type { ParentIds } from '../objects/parent.ts';

/**
 * The types of objects that a permission can name, each with a text about what else belongs to the type. A permission
 * names one object by type and id, as in "loadbalancer/web".
 */
export const OBJECT_TYPES = {
  loadbalancer: 'with its listeners, rules and attachments',
  listener: 'with the targets bound to it, but not its rules',
  rule: 'with the targets bound to it',
  instance: 'servers',
  scalinggroup: undefined,
} as const;

type ObjectType = keyof typeof OBJECT_TYPES;

/** The type "runtime" stands for the one runtime, without an id. */
type ResourceType = ObjectType | 'runtime';

/**
 * What each action permits. The names are those of the clouds' own APIs. If several actions permit one operation, any
 * of them is enough.
 */
export const ACTIONS = {
  'slb:AddBackendServers': 'bind targets',
  'slb:RegisterInstancesWithLoadBalancer': 'bind targets to an application load balancer itself',
  'slb:RegisterTargetsWithClassicalLB': 'bind targets to a classic load balancer',
  'slb:RegisterTargets': 'bind targets to a listener or a rule',
  'slb:ModifyLoadBalancerBackends': 'change weights',
  'slb:SetBackendServers': 'change weights, descriptions and other properties of attachments',
  'slb:ModifyTargetPort': 'change ports of targets',
  'slb:RemoveBackendServers': 'unbind targets',
  'slb:DeregisterInstancesFromLoadBalancer': 'unbind targets from an application load balancer itself',
  'slb:DeregisterTargetsFromClassicalLB': 'unbind targets from a classic load balancer',
  'slb:DeregisterTargets': 'unbind targets from a listener or a rule',
  'slb:DescribeBackendServers': 'see attachments, and targets with their health in status and events',
  'slb:CreateLoadBalancer': 'create a load balancer',
  'slb:ModifyLoadBalancer': 'change a load balancer',
  'slb:DeleteLoadBalancer': 'delete a load balancer',
  'slb:DescribeLoadBalancers': 'see load balancers',
  'slb:CreateListener': 'create listeners',
  'slb:ModifyListener': 'change listeners',
  'slb:DeleteListener': 'delete listeners',
  'slb:DescribeListeners': 'see listeners, in status and events too',
  'slb:CreateRule': 'create forwarding rules',
  'slb:ModifyRule': 'change forwarding rules',
  'slb:DeleteRule': 'delete forwarding rules',
  'slb:DescribeRules': 'see forwarding rules',
  'slb:CreateServer': 'create a server',
  'slb:ModifyServer': 'change a server',
  'slb:DeleteServer': 'delete a server',
  'slb:DescribeServers': 'see servers',
  'slb:CreateScalingGroup': 'create an auto scaling group',
  'slb:ModifyScalingGroup': 'change an auto scaling group, except its members',
  'slb:DeleteScalingGroup': 'delete an auto scaling group',
  'slb:DescribeScalingGroups': 'see auto scaling groups and their members',
  'slb:AttachInstances': 'make servers members of an auto scaling group',
  'slb:DetachInstances': 'take servers out of an auto scaling group',
  'slb:AttachLoadBalancers': 'attach an auto scaling group, and change how it is attached',
  'slb:DetachLoadBalancers': 'detach an auto scaling group',
  'slb:RestartWorker': 'end a worker, so that another one replaces it',
  'slb:DescribeWorkers': 'see workers and data planes, in status and events',
  'slb:DescribeMetrics': 'read the metrics of all listeners and targets',
  'slb:CreateBackup': 'copy all objects, with sealed secrets, and the hashes of all tokens',
} as const satisfies Record<string, string>;

type Action = keyof typeof ACTIONS;

/** The actions that permit one operation. Any one of them is enough. */
export type Actions = readonly [Action, ...Action[]];

/** What a route or a write needs: one of the actions, on a resource of one of the types. */
export interface Permission {
  readonly actions: Actions;
  readonly types: readonly ResourceType[];
}

export type Operation = 'read' | 'create' | 'modify' | 'delete';

/**
 * The actions for each operation on a kind of object, and its type in statements. An attachment has no type: it is
 * covered by the permissions on its parent. A permission on a load balancer covers everything below it.
 */
type KindActions = Readonly<Record<Operation, Actions>> & { readonly type: ObjectType | undefined };

type Membership = Record<keyof ParentIds | 'classic', Actions>;

/** The actions that bind targets, by parent. `classic` stands for load balancers of the type "classic". */
export const BIND: Membership = {
  loadBalancerId: ['slb:AddBackendServers', 'slb:RegisterInstancesWithLoadBalancer'],
  classic: ['slb:AddBackendServers', 'slb:RegisterTargetsWithClassicalLB'],
  listenerId: ['slb:AddBackendServers', 'slb:RegisterTargets'],
  ruleId: ['slb:AddBackendServers', 'slb:RegisterTargets'],
};

/** The actions that unbind targets, by parent. `classic` stands for load balancers of the type "classic". */
export const UNBIND: Membership = {
  loadBalancerId: ['slb:RemoveBackendServers', 'slb:DeregisterInstancesFromLoadBalancer'],
  classic: ['slb:RemoveBackendServers', 'slb:DeregisterTargetsFromClassicalLB'],
  listenerId: ['slb:RemoveBackendServers', 'slb:DeregisterTargets'],
  ruleId: ['slb:RemoveBackendServers', 'slb:DeregisterTargets'],
};

export const MODIFY_WEIGHT: Actions = ['slb:ModifyLoadBalancerBackends', 'slb:SetBackendServers'];
export const MODIFY_PORT: Actions = ['slb:ModifyTargetPort'];
export const MODIFY_ATTACHMENT: Actions = ['slb:SetBackendServers'];
export const JOIN: Actions = ['slb:AttachInstances'];
export const LEAVE: Actions = ['slb:DetachInstances'];

/**
 * The actions for each kind of object. For attachments and auto scaling groups, these are all actions that a write
 * could need. A single write only needs those for the targets that it binds, changes and unbinds.
 */
export const KIND_ACTIONS: Record<Kind, KindActions> = {
  'load-balancers': {
    type: 'loadbalancer',
    read: ['slb:DescribeLoadBalancers'],
    create: ['slb:CreateLoadBalancer'],
    modify: ['slb:ModifyLoadBalancer'],
    delete: ['slb:DeleteLoadBalancer'],
  },
  listeners: {
    type: 'listener',
    read: ['slb:DescribeListeners'],
    create: ['slb:CreateListener'],
    modify: ['slb:ModifyListener'],
    delete: ['slb:DeleteListener'],
  },
  rules: {
    type: 'rule',
    read: ['slb:DescribeRules'],
    create: ['slb:CreateRule'],
    modify: ['slb:ModifyRule'],
    delete: ['slb:DeleteRule'],
  },
  attachments: {
    type: undefined,
    read: ['slb:DescribeBackendServers'],
    create: all(BIND),
    modify: [...all(BIND), ...MODIFY_WEIGHT, ...MODIFY_PORT, ...all(UNBIND)],
    delete: all(UNBIND),
  },
  'backend-servers': {
    type: 'instance',
    read: ['slb:DescribeServers'],
    create: ['slb:CreateServer'],
    modify: ['slb:ModifyServer'],
    delete: ['slb:DeleteServer'],
  },
  groups: {
    type: 'scalinggroup',
    read: ['slb:DescribeScalingGroups'],
    create: ['slb:CreateScalingGroup'],
    modify: ['slb:ModifyScalingGroup', ...JOIN, ...LEAVE],
    delete: ['slb:DeleteScalingGroup'],
  },
  'group-attachments': {
    type: undefined,
    read: ['slb:DescribeBackendServers'],
    create: ['slb:AttachLoadBalancers'],
    modify: ['slb:AttachLoadBalancers'],
    delete: ['slb:DetachLoadBalancers'],
  },
};

export const RESTART_WORKER: Permission = { actions: ['slb:RestartWorker'], types: ['runtime'] };
export const DESCRIBE_WORKERS: Permission = { actions: ['slb:DescribeWorkers'], types: ['runtime'] };
export const CREATE_BACKUP: Permission = { actions: ['slb:CreateBackup'], types: ['runtime'] };
export const DESCRIBE_METRICS: Permission = { actions: ['slb:DescribeMetrics'], types: ['runtime'] };

/** The permission that any of the given operations on an object of the kind needs. */
export function permissionFor(kind: Kind, ...operations: readonly Operation[]): Permission {
  const types = operations.flatMap((operation) => (operation === 'create' ? placeTypesOf(kind) : typesOf(kind)));
  const actions = operations.flatMap((operation) => KIND_ACTIONS[kind][operation]);
  return { types: [...new Set(types)], actions: unique(actions) };
}

/**
 * The types of resource on which a permission covers an existing object of the kind: the load balancer above it and its
 * own type or, if it has none, the types that cover its parent.
 */
function typesOf(kind: Kind): ObjectType[] {
  const { type } = KIND_ACTIONS[kind];
  const above = parentKindsOf(kind).flatMap(typesOf);
  return type === undefined ? above : [...above.slice(0, 1), type];
}

/** The types of resource on which a permission allows to create an object of the kind: those that cover its parent. */
function placeTypesOf(kind: Kind): ObjectType[] {
  const above = parentKindsOf(kind).flatMap(typesOf);
  return above.length === 0 ? typesOf(kind) : above;
}

function all(membership: Membership): Actions {
  return unique(Object.values(membership).flat());
}

function unique(actions: readonly Action[]): Actions {
  return [...new Set(actions)] as unknown as Actions;
}
