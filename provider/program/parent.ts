// What an attachment of either kind is bound to, as the program tells it: which parent, and under what load balancer.
import type { Problem } from '../model/base/errors.ts';
import type { Kind } from '../model/base/kinds.ts';
import { REFERENCES } from '../model/base/references.ts';
import { isKnown } from '../model/base/unknown.ts';
import { CLASSIC_PARENT, PARENTS } from '../model/objects/parent.ts';
import type { Properties } from '../properties/properties.ts';
import type { Program } from './program.ts';

/** The kind and one text of the parent, however it is referred to; undefined where it is not known. */
export function parentOf(program: Program, properties: Properties): { kind: Kind; name: string } | undefined {
  const property = PARENTS.find((name) => properties[name] !== undefined);
  if (property === undefined || !isKnown(properties[property])) return undefined;
  const kind = REFERENCES[property];
  return { kind, name: program.nameOf(kind, properties[property]) };
}

/** The load balancer that the parent is, or belongs to; undefined where it is not known, or not of the program. */
export function loadBalancerOf(program: Program, { ruleId, ...parent }: Properties): Properties | undefined {
  const listenerId = ruleId === undefined ? parent.listenerId : program.get('rules', ruleId)?.listenerId;
  if (ruleId === undefined && listenerId === undefined) return program.get('load-balancers', parent.loadBalancerId);
  return program.get('load-balancers', program.get('listeners', listenerId)?.loadBalancerId);
}

/** Undefined where the type is not known; what is bound to a listener or rule is bound to no classic one. */
export function isClassic(program: Program, properties: Properties): boolean | undefined {
  if (properties.loadBalancerId === undefined) return false;
  const loadBalancer = loadBalancerOf(program, properties);
  if (loadBalancer === undefined || !isKnown(loadBalancer.type)) return undefined;
  return loadBalancer.type === 'classic';
}

export function classicProblems(program: Program, properties: Properties): Problem[] {
  if (properties.loadBalancerId !== undefined || loadBalancerOf(program, properties)?.type !== 'classic') return [];
  return [CLASSIC_PARENT];
}
