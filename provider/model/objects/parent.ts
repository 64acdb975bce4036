// The parent of an attachment, to which its targets are bound: a load balancer, a listener or a forwarding rule.
import type { Problem } from '../base/errors.ts';
import { PARENT_KINDS } from '../base/kinds.ts';
import { objectId } from './network.ts';

/** The properties that name an attachment's parent. Exactly one of them is given. */
export const PARENTS = Object.keys(PARENT_KINDS) as (keyof typeof PARENT_KINDS)[];

/** The properties that name the parent, for the schemas of both kinds of attachment. */
export const parentShape = {
  loadBalancerId: objectId.optional(),
  listenerId: objectId.optional(),
  ruleId: objectId.optional(),
};

export interface ParentIds {
  readonly loadBalancerId?: string | undefined;
  readonly listenerId?: string | undefined;
  readonly ruleId?: string | undefined;
}

/** The properties that name an attachment's parent, in a program where any of them may be unknown. */
export type ParentFields = { readonly [Name in keyof ParentIds]?: unknown };

export function hasSameParent(a: ParentFields, b: ParentFields): boolean {
  return PARENTS.every((name) => a[name] === b[name]);
}

/**
 * Reports an attachment without a parent or with several. An unknown property counts as given, because the id of an
 * object that a preview will create is unknown.
 */
export function parentChoiceProblems(input: Readonly<Record<string, unknown>>): Problem[] {
  const given = PARENTS.filter((name) => input[name] !== undefined);
  const [first, ...others] = given;
  const choice = 'exactly one of loadBalancerId, listenerId and ruleId must be given';
  if (first === undefined) return [{ path: 'listenerId', message: choice }];
  return others.map((path) => ({ path, message: `is given beside ${first}: ${choice}` }));
}
