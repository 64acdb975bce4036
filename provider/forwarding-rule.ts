// The forwarding rule as a resource: it moves to another listener only by replacement, everything else changes in place.
import { forwardingRuleSchema } from './model/forwarding-rule.ts';
import type { ResourceDescription } from './resource.ts';
import { secretsLine } from './secrets-line.ts';

export const forwardingRule: ResourceDescription = {
  type: 'ForwardingRule',
  kind: 'rules',
  schema: forwardingRuleSchema,
  identity: ['listenerId'],
  outputs: [],
  changeLine: (name, olds, news) => secretsLine('rules', name, olds, news),
};
