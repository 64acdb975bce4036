// The kinds of objects: their names, and the properties that refer to other objects.

/** The name of one object of each kind, for errors and ids. The keys are the names of the collections in the API. */
export const KIND_NAMES = {
  'load-balancers': 'load balancer',
  listeners: 'listener',
  rules: 'rule',
  attachments: 'attachment',
  'backend-servers': 'server',
  groups: 'group',
  'group-attachments': 'group attachment',
} as const;

export type Kind = keyof typeof KIND_NAMES;

export const KINDS = Object.keys(KIND_NAMES) as Kind[];

/** The SDK's class for each kind. The type token is `pulumi-nodejs:dynamic/weir:CLASS`. */
export const RESOURCE_CLASSES = {
  'load-balancers': 'LoadBalancer',
  listeners: 'Listener',
  rules: 'ForwardingRule',
  attachments: 'TargetAttachment',
  'backend-servers': 'BackendServer',
  groups: 'AutoScalingGroup',
  'group-attachments': 'AutoScalingAttachment',
} as const satisfies Record<Kind, string>;

export type ResourceClass = (typeof RESOURCE_CLASSES)[Kind];

/**
 * The kinds of parent that an attachment may have, by the property that names the parent. An attachment has exactly
 * one.
 */
export const PARENT_KINDS = {
  loadBalancerId: 'load-balancers',
  listenerId: 'listeners',
  ruleId: 'rules',
} as const satisfies Record<string, Kind>;

/** The kind of object that each property refers to. In a map of objects or ids, `*` stands for every name. */
export interface References {
  readonly [property: string]: Kind | References;
}

/**
 * The references between objects. An object must exist while another one refers to it. A permission on a load balancer
 * covers the objects that refer to it. Plans and exported programs show names in place of the ids.
 */
export const REFERENCES: Readonly<Record<Kind, References>> = {
  'load-balancers': {},
  listeners: { loadBalancerId: 'load-balancers' },
  rules: { listenerId: 'listeners' },
  attachments: { ...PARENT_KINDS, targets: { '*': { serverId: 'backend-servers' } } },
  'backend-servers': {},
  groups: { members: { '*': 'backend-servers' } },
  'group-attachments': { ...PARENT_KINDS, groupId: 'groups' },
};
