// The resource ForwardingRule: a change of its listener replaces it. Every other change is made in place.

import { secretsLine } from '../messages/secrets-line.ts';
import { forwardingRuleSchema } from '../model/objects/forwarding-rule.ts';
import { circleProblems } from '../model/rules/own-responses.ts';
import { ruleListenerProblems } from '../model/rules/rule-listeners.ts';
import type { ResourceDescription } from './description.ts';

export const forwardingRule: ResourceDescription<'rules'> = {
  type: 'ForwardingRule',
  kind: 'rules',
  schema: forwardingRuleSchema,
  identity: ['listenerId'],
  outputs: [],
  problems: ({ program, news }) => [...ruleListenerProblems(program, news), ...circleProblems(program, news)],
  changeLine: (name, olds, news) => secretsLine('rules', name, olds, news),
};
