// All resource types, by the kind of their objects in the API.

import type { Kind } from '../model/base/kinds.ts';
import { autoScalingAttachment } from './auto-scaling-attachment.ts';
import { autoScalingGroup } from './auto-scaling-group.ts';
import { backendServer } from './backend-server.ts';
import type { ResourceDescription } from './description.ts';
import { forwardingRule } from './forwarding-rule.ts';
import { listener } from './listener.ts';
import { loadBalancer } from './load-balancer.ts';
import { targetAttachment } from './target-attachment.ts';

const RESOURCES: { readonly [K in Kind]: ResourceDescription<K> } = {
  'load-balancers': loadBalancer,
  listeners: listener,
  rules: forwardingRule,
  attachments: targetAttachment,
  'backend-servers': backendServer,
  groups: autoScalingGroup,
  'group-attachments': autoScalingAttachment,
};

export function resourceOf(kind: Kind): ResourceDescription {
  return RESOURCES[kind];
}

/** The resource type of a class in the SDK. Returns `undefined` for a name that only another version knows. */
export function resourceOfClass(name: string): ResourceDescription | undefined {
  return Object.values(RESOURCES).find(({ type }) => type === name);
}
