// The kinds of object: what each is called, and which of its properties name other objects.

/** One object of each kind, as errors and ids call it. The names are those of the kinds' collections in the API. */
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

/** The class of each kind in the SDK; the type token is `pulumi-nodejs:dynamic/weir:CLASS`. */
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

/** What an attachment may be of; exactly one is given. */
export const PARENT_KINDS = {
  loadBalancerId: 'load-balancers',
  listenerId: 'listeners',
  ruleId: 'rules',
} as const satisfies Record<string, Kind>;

/** The kind that each property names an object of. In a map of objects or ids, `*` stands for every name. */
export interface References {
  readonly [property: string]: Kind | References;
}

/**
 * Everything that goes from one object to another follows from this table: an object must be there while another one names
 * it, permissions on a load balancer count for what belongs to it, and plans and exported programs show names in place of ids.
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
