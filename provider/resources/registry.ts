// Every type of resource, and which one an object of the API is.

import type { Kind } from '../model/base/kinds.ts';
import { autoScalingAttachment } from './auto-scaling-attachment.ts';
import { autoScalingGroup } from './auto-scaling-group.ts';
import { backendServer } from './backend-server.ts';
import type { ResourceDescription } from './description.ts';
import { forwardingRule } from './forwarding-rule.ts';
import { listener } from './listener.ts';
import { loadBalancer } from './load-balancer.ts';
import { targetAttachment } from './target-attachment.ts';

export const RESOURCES: readonly ResourceDescription[] = [
  loadBalancer,
  listener,
  forwardingRule,
  targetAttachment,
  backendServer,
  autoScalingGroup,
  autoScalingAttachment,
];

export function resourceOf(kind: Kind): ResourceDescription {
  return RESOURCES.find((resource) => resource.kind === kind) as ResourceDescription;
}
