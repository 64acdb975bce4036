// The schema of each kind of object.

import type { z } from 'zod';
import type { Kind } from '../base/kinds.ts';
import { backendServerSchema } from './backend-server.ts';
import { forwardingRuleSchema } from './forwarding-rule.ts';
import { groupAttachmentSchema } from './group-attachment.ts';
import { listenerSchema } from './listener.ts';
import { loadBalancerSchema } from './load-balancer.ts';
import { scalingGroupSchema } from './scaling-group.ts';
import { targetAttachmentSchema } from './target-attachment.ts';

export const SCHEMAS = {
  'load-balancers': loadBalancerSchema,
  listeners: listenerSchema,
  rules: forwardingRuleSchema,
  attachments: targetAttachmentSchema,
  'backend-servers': backendServerSchema,
  groups: scalingGroupSchema,
  'group-attachments': groupAttachmentSchema,
} as const satisfies Record<Kind, z.ZodObject>;

export type PropertiesOf<K extends Kind> = z.infer<(typeof SCHEMAS)[K]>;
