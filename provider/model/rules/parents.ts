// What an attachment is bound to: the load balancer above its parent, and which parents a classic one allows.
import type { Problem } from '../base/errors.ts';
import type { ParentFields } from '../objects/parent.ts';
import type { Lookup } from './lookup.ts';

/** The reference of the load balancer that the parent is, or belongs to. Returns `undefined` if that is not known. */
export function loadBalancerIdOf(lookup: Lookup, { loadBalancerId, listenerId, ruleId }: ParentFields): unknown {
  const listener = ruleId === undefined ? listenerId : lookup.get('rules', ruleId)?.listenerId;
  if (ruleId === undefined && listener === undefined) return loadBalancerId;
  return lookup.get('listeners', listener)?.loadBalancerId;
}

/**
 * Whether what is bound to the parent serves a classic load balancer, which only load balancers themselves can be: no
 * listener or rule of one has attachments. Returns `undefined` if that is not known.
 */
export function isClassic(lookup: Lookup, { loadBalancerId }: ParentFields): boolean | undefined {
  if (loadBalancerId === undefined) return false;
  const type = lookup.get('load-balancers', loadBalancerId)?.type;
  return type === undefined || !lookup.isKnown(type) ? undefined : type === 'classic';
}

/** A classic load balancer has its targets itself: nothing is bound to its listeners. */
export function parentTypeProblems(lookup: Lookup, parent: ParentFields): Problem[] {
  if (parent.loadBalancerId !== undefined) return [];
  if (lookup.get('load-balancers', loadBalancerIdOf(lookup, parent))?.type !== 'classic') return [];
  const message = 'is not for a classic load balancer: bind its targets with loadBalancerId';
  return [{ path: 'listenerId', message, code: 'OperationFailed.ActionNotSupport' }];
}
