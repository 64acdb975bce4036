// The forwarding rule as a resource: it moves to another listener only by replacement, everything else changes in place.

import { secretsLine } from '../messages/secrets-line.ts';
import type { Problem } from '../model/base/errors.ts';
import { isKnown } from '../model/base/unknown.ts';
import { forwardingRuleSchema } from '../model/objects/forwarding-rule.ts';
import { isHttp } from '../model/objects/listener.ts';
import type { Checked } from '../program/checked.ts';
import type { ResourceDescription } from './description.ts';

export const forwardingRule: ResourceDescription = {
  type: 'ForwardingRule',
  kind: 'rules',
  schema: forwardingRuleSchema,
  identity: ['listenerId'],
  outputs: [],
  problems: listenerProblems,
  changeLine: (name, olds, news) => secretsLine('rules', name, olds, news),
};

function listenerProblems({ program, news: { listenerId } }: Checked): Problem[] {
  const listener = program.get('listeners', listenerId);
  if (listener === undefined) return [];
  if (program.get('load-balancers', listener.loadBalancerId)?.type === 'classic') {
    const message = 'names a listener of a classic load balancer, which has no rules';
    return [{ path: 'listenerId', message, code: 'OperationFailed.ActionNotSupport' }];
  }
  if (!isKnown(listener.protocol) || isHttp(listener.protocol)) return [];
  return [{ path: 'listenerId', message: `names a ${listener.protocol} listener: rules are for HTTP and HTTPS` }];
}
