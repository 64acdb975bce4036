// Which targets of a group count, and the part of its traffic that goes to each of them.
import { idOf } from '../../model/base/object-key.ts';
import type { Binding, TargetGroup, TargetGroups } from './target-groups.ts';

export interface ServedTarget {
  readonly binding: Binding;
  /** 0 to 1, of the traffic of the whole group; undefined: not known. */
  readonly share: number | undefined;
}

/** The id of the binder whose weight counts now where several claim one wire identity; undefined: not known. */
export type HolderOf = (targetGroupKey: string, targetKey: string) => string | undefined;

export function servedBefore(key: string, targetGroup: TargetGroup, holderOf: HolderOf): ServedTarget[] {
  return servedOf(targetGroup, (binding) =>
    holderOf(key, binding.key ?? '') === idOf(binding.attachment.key) ? 1 : 0,
  );
}

/** The newest claim counts: one that is made in the `up`, else the one that counted before. */
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

/** The weight that counts: one that may take no traffic has none. */
export function weightIn({ weight, ineligible }: Binding): number | undefined {
  return ineligible === undefined ? weight : 0;
}
