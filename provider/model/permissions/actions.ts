// The table of actions that a token can permit, and the actions that each operation needs.

import type { Kind } from '../base/kinds.ts';
import type { ParentIds } from '../objects/parent.ts';

/**
 * The types of objects that a permission can name, each with a text about what else belongs to the type. A permission
 * names one object by type and id, as in "loadbalancer/web".
 */
export const OBJECT_TYPES = {
  loadbalancer: 'with its listeners, rules and attachments',
  instance: 'servers',
  scalinggroup: undefined,
} as const;

/** The type "runtime" stands for the one runtime, without an id. */
type ResourceType = keyof typeof OBJECT_TYPES | 'runtime';

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
} as const satisfies Record<string, string>;

type Action = keyof typeof ACTIONS;

/** The actions that permit one operation. Any one of them is enough. */
export type Actions = readonly [Action, ...Action[]];

/** What a route or a write needs: one of the actions, on a resource of the type. */
export interface Permission {
  readonly actions: Actions;
  readonly type: ResourceType;
}

export type Operation = 'read' | 'create' | 'modify' | 'delete';

/**
 * The actions for each operation on a kind of object, and the type of resource on which they are permitted. An object
 * that belongs to a load balancer needs the permission on that load balancer.
 */
type KindActions = Readonly<Record<Operation, Actions>> & { readonly type: keyof typeof OBJECT_TYPES };

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
    type: 'loadbalancer',
    read: ['slb:DescribeListeners'],
    create: ['slb:CreateListener'],
    modify: ['slb:ModifyListener'],
    delete: ['slb:DeleteListener'],
  },
  rules: {
    type: 'loadbalancer',
    read: ['slb:DescribeRules'],
    create: ['slb:CreateRule'],
    modify: ['slb:ModifyRule'],
    delete: ['slb:DeleteRule'],
  },
  attachments: {
    type: 'loadbalancer',
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
    type: 'loadbalancer',
    read: ['slb:DescribeBackendServers'],
    create: ['slb:AttachLoadBalancers'],
    modify: ['slb:AttachLoadBalancers'],
    delete: ['slb:DetachLoadBalancers'],
  },
};

export const RESTART_WORKER: Permission = { actions: ['slb:RestartWorker'], type: 'runtime' };
export const DESCRIBE_WORKERS: Permission = { actions: ['slb:DescribeWorkers'], type: 'runtime' };
export const DESCRIBE_METRICS: Permission = { actions: ['slb:DescribeMetrics'], type: 'runtime' };

/** The permission that any of the given operations on an object of the kind needs. */
export function permissionFor(kind: Kind, ...operations: readonly Operation[]): Permission {
  const { type, ...actions } = KIND_ACTIONS[kind];
  return { type, actions: unique(operations.flatMap((operation) => actions[operation])) };
}

function all(membership: Membership): Actions {
  return unique(Object.values(membership).flat());
}

function unique(actions: readonly Action[]): Actions {
  return [...new Set(actions)] as unknown as Actions;
}
