// The parents of attachments: the load balancer above each, and the parents that a classic load balancer allows.
import type { Problem } from '../base/errors.ts';
import type { ParentFields } from '../objects/parent.ts';
import type { Lookup } from './lookup.ts';

/**
 * The reference of the load balancer that is the parent, or to which the parent belongs. Returns `undefined` if it is
 * not known.
 */
export function loadBalancerIdOf(lookup: Lookup, { loadBalancerId, listenerId, ruleId }: ParentFields): unknown {
  const listener = ruleId === undefined ? listenerId : lookup.get('rules', ruleId)?.listenerId;
  if (ruleId === undefined && listener === undefined) return loadBalancerId;
  return lookup.get('listeners', listener)?.loadBalancerId;
}

/**
 * Whether the parent of an attachment is a classic load balancer. A listener or rule never counts as classic, because
 * those of a classic load balancer have no attachments. Returns `undefined` if the load balancer's type is not known.
 */
export function isClassic(lookup: Lookup, { loadBalancerId }: ParentFields): boolean | undefined {
  if (loadBalancerId === undefined) return false;
  const type = lookup.get('load-balancers', loadBalancerId)?.type;
  return type === undefined || !lookup.isKnown(type) ? undefined : type === 'classic';
}

/**
 * Reports an attachment to a listener of a classic load balancer, whose targets are bound to the load balancer itself.
 */
export function parentTypeProblems(lookup: Lookup, parent: ParentFields): Problem[] {
  if (parent.loadBalancerId !== undefined) return [];
  if (lookup.get('load-balancers', loadBalancerIdOf(lookup, parent))?.type !== 'classic') return [];
  const message = 'is not for a classic load balancer: bind its targets with loadBalancerId';
  return [{ path: 'listenerId', message, code: 'OperationFailed.ActionNotSupport' }];
}
