// Listeners that may have forwarding rules: HTTP and HTTPS listeners of application load balancers.
import type { Problem } from '../base/errors.ts';
import { isHttp } from '../objects/listener.ts';
import type { Lookup, ObjectFields } from './lookup.ts';

/** Reports a forwarding rule for a listener that must not have rules. */
export function ruleListenerProblems(lookup: Lookup, { listenerId }: ObjectFields<'rules'>): Problem[] {
  const listener = lookup.get('listeners', listenerId);
  if (listener === undefined) return [];
  if (lookup.get('load-balancers', listener.loadBalancerId)?.type === 'classic') {
    const message = 'names a listener of a classic load balancer, which has no rules';
    return [{ path: 'listenerId', message, code: 'OperationFailed.ActionNotSupport' }];
  }
  if (!lookup.isKnown(listener.protocol) || isHttp(listener.protocol)) return [];
  return [{ path: 'listenerId', message: `names a ${listener.protocol} listener: rules are for HTTP and HTTPS` }];
}
