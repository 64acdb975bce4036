// The targets of a target group that count in a plan, and the share of the traffic that each of them gets.

import type { Health } from '../../model/base/health.ts';
import { idOf } from '../../model/base/object-key.ts';
import type { Binding, TargetGroup, TargetGroups } from './target-groups.ts';

export interface ServedTarget {
  readonly binding: Binding;
  /** Share of the target group's traffic, from 0 to 1. `undefined` if it is not known. */
  readonly share: number | undefined;
}

/** The id of the attachment that holds a target key in a target group. Returns `undefined` if it is not known. */
export type HolderOf = (targetGroupKey: string, targetKey: string) => string | undefined;

/** The present health of a target in a target group. Returns `undefined` if it is not known. */
export type HealthOf = (targetGroupKey: string, targetKey: string) => Health | undefined;

export function servedBefore(key: string, targetGroup: TargetGroup, holderOf: HolderOf): ServedTarget[] {
  return servedOf(targetGroup, (binding) =>
    holderOf(key, binding.key ?? '') === idOf(binding.attachment.key) ? 1 : 0,
  );
}

/**
 * The targets that count after `pulumi up`. If several attachments bind one target key, the newest binding counts:
 * one that `pulumi up` makes, else the one of the holder before `pulumi up`.
 */
export function servedAfter(
  key: string,
  targetGroup: TargetGroup,
  before: TargetGroups,
  holderOf: HolderOf,
): ServedTarget[] {
  const old = before.get(key)?.bindings ?? [];
  const boundBefore = new Set(old.map((binding) => bindingKey(binding)));
  return servedOf(targetGroup, (binding) => {
    if (!boundBefore.has(bindingKey(binding))) return 2;
    return holderOf(key, binding.key ?? '') === idOf(binding.attachment.key) ? 1 : 0;
  });
}

function bindingKey({ attachment, key }: Binding): string {
  return JSON.stringify([attachment.key, key]);
}

function servedOf({ bindings, unread }: TargetGroup, rank: (binding: Binding) => number): ServedTarget[] {
  const counted = new Map<string, { binding: Binding; rank: number }>();
  for (const binding of bindings) {
    const key = binding.key ?? JSON.stringify([binding.attachment.key, binding.name]);
    const present = counted.get(key);
    const own = rank(binding);
    if (present === undefined || own >= present.rank) counted.set(key, { binding, rank: own });
  }
  const served = [...counted.values()].map(({ binding }) => binding);
  const isKnown = unread.length === 0 && served.every((binding) => weightIn(binding) !== undefined);
  const total = served.reduce((sum, binding) => sum + (weightIn(binding) ?? 0), 0);
  return served.map((binding) => {
    const weight = weightIn(binding);
    const share = weight === 0 ? 0 : isKnown && weight !== undefined ? weight / total : undefined;
    return { binding, share };
  });
}

/** The weight that counts: 0 for a target that cannot take traffic. Returns `undefined` if the weight is not known. */
export function weightIn({ weight, ineligible }: Binding): number | undefined {
  return ineligible === undefined ? weight : 0;
}
