// The schema of each kind of object, and the rules between its properties that a schema cannot express.
import type { z } from 'zod';
import { KINDS, type Kind } from '../base/kinds.ts';
import { backendServerSchema } from './backend-server.ts';
import { certificateRules } from './certificate.ts';
import { forwardingRuleRules, forwardingRuleSchema } from './forwarding-rule.ts';
import { groupAttachmentSchema } from './group-attachment.ts';
import { healthCheckRules } from './health-check.ts';
import { listenerRules, listenerSchema } from './listener.ts';
import { loadBalancerSchema } from './load-balancer.ts';
import { parentChoiceProblems } from './parent.ts';
import { each, type Rule, within } from './rule.ts';
import { RULE_ACTION_RULES } from './rule-actions.ts';
import { scalingGroupRules, scalingGroupSchema } from './scaling-group.ts';
import { stickySessionRules } from './sticky-session.ts';
import { targetAttachmentRules, targetAttachmentSchema } from './target-attachment.ts';

/** The rules for balancing that listeners and forwarding rules share. */
const BALANCING = [within('healthCheck', healthCheckRules), within('stickySession', stickySessionRules)];

const DEFINITIONS = {
  'load-balancers': { schema: loadBalancerSchema },
  listeners: { schema: listenerSchema, rules: [listenerRules, each('certificates', certificateRules), ...BALANCING] },
  rules: { schema: forwardingRuleSchema, rules: [forwardingRuleRules, ...RULE_ACTION_RULES, ...BALANCING] },
  attachments: { schema: targetAttachmentSchema, rules: [targetAttachmentRules] },
  'backend-servers': { schema: backendServerSchema },
  groups: { schema: scalingGroupSchema, rules: [scalingGroupRules] },
  'group-attachments': { schema: groupAttachmentSchema, rules: [parentChoiceProblems] },
} as const satisfies Record<Kind, Definition>;

interface Definition {
  readonly schema: z.ZodObject;
  readonly rules?: readonly Rule[];
}

type Schemas = { readonly [K in Kind]: (typeof DEFINITIONS)[K]['schema'] };

export const SCHEMAS = Object.fromEntries(KINDS.map((kind) => [kind, DEFINITIONS[kind].schema])) as unknown as Schemas;

export type PropertiesOf<K extends Kind> = z.infer<Schemas[K]>;

export function rulesOf(kind: Kind): readonly Rule[] {
  const { rules = [] }: Definition = DEFINITIONS[kind];
  return rules;
}
