// What targets are bound to: exactly one of a load balancer, a listener and a forwarding rule.
import type { Problem } from '../base/errors.ts';
import { PARENT_KINDS } from '../base/kinds.ts';
import { objectId } from './network.ts';

/** The properties that name what an attachment is of; exactly one is given. */
export const PARENTS = Object.keys(PARENT_KINDS) as (keyof typeof PARENT_KINDS)[];

/** The shape's part of every schema that has such a parent. */
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

/** The parent as a program has it, of which any property may be unknown. */
export type ParentFields = { readonly [Name in keyof ParentIds]?: unknown };

export function hasSameParent(a: ParentFields, b: ParentFields): boolean {
  return PARENTS.every((name) => a[name] === b[name]);
}

/** What is not known may turn out not to be given. */
export function parentChoiceProblems(
  input: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const given = PARENTS.filter((name) => input[name] !== undefined);
  const known = given.filter((name) => isKnown(input[name]));
  if (given.length > 0 && known.length <= 1) return [];
  return [{ path: 'listenerId', message: 'exactly one of loadBalancerId, listenerId and ruleId must be given' }];
}
