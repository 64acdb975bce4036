// The kinds of object: every table by kind has a row for each, and the compiler asks for a missing one.

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

/** The class of the SDK for each kind; it ends the type token, `pulumi-nodejs:dynamic/weir:CLASS`. */
const RESOURCE_CLASSES = {
  'load-balancers': 'LoadBalancer',
  listeners: 'Listener',
  rules: 'ForwardingRule',
  attachments: 'TargetAttachment',
  'backend-servers': 'BackendServer',
  groups: 'AutoScalingGroup',
  'group-attachments': 'AutoScalingAttachment',
} as const satisfies Record<Kind, string>;

export type ResourceClass = (typeof RESOURCE_CLASSES)[Kind];
