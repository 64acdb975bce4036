// Which targets the attachments of one target group bind together, found from an earlier result and from what changed since.
import type { TargetSnapshot } from '../contract/snapshot.ts';
import { VersionedMap } from '../contract/versioned-map.ts';
import { bindingSince } from './attachments.ts';
import type { Attachment } from './object.ts';

export type HeldTargets = VersionedMap<string, TargetSnapshot>;

/** An attachment and its targets in the target group. The list is the identical one until one of its targets changes. */
interface Part {
  readonly attachment: Attachment;
  readonly targets: readonly TargetSnapshot[];
}

const NONE: HeldTargets = VersionedMap.of();

/** The attachments from which each result was made. */
const partsOf = new WeakMap<HeldTargets, readonly Part[]>();

/**
 * The targets by target key. If several attachments bind one target key, its holder is the attachment that bound the key
 * last. Targets that equal those of `served`, an earlier result for the same target group, stay the identical objects.
 */
export function heldTargets(parts: readonly Part[], served: HeldTargets = NONE): HeldTargets {
  const before = partsOf.get(served);
  const changes = (before && changesSince(before, parts)) ?? allChanges(served, parts);
  const held = served.with(changes.filter(([key, target]) => !isSameTarget(served.get(key), target)));
  partsOf.set(held, parts);
  return held;
}

/** The targets in the order of the attachments and of the targets in each, whatever was changed when. */
export function* listedTargets(held: HeldTargets): Iterable<TargetSnapshot> {
  const told = new Set<string>();
  for (const { attachment, targets } of partsOf.get(held) ?? []) {
    for (const { key } of targets) {
      const target = held.get(key);
      if (target?.attachment !== attachment.id || told.has(key)) continue;
      told.add(key);
      yield target;
    }
  }
}

type Change = readonly [key: string, target: TargetSnapshot | undefined];

/** Returns `undefined` if so much has changed that it costs less to look at all targets. */
function changesSince(before: readonly Part[], parts: readonly Part[]): Change[] | undefined {
  const keys = new Set<string>();
  const old = new Map(before.map((part) => [part.attachment.id, part]));
  let total = 0;
  for (const part of parts) {
    addChangedKeys(old.get(part.attachment.id), part, keys);
    old.delete(part.attachment.id);
    total += part.targets.length;
  }
  for (const { targets } of old.values()) for (const { key } of targets) keys.add(key);
  return keys.size * parts.length > total ? undefined : [...keys].map((key) => [key, holding(parts, key)]);
}

function addChangedKeys(before: Part | undefined, { attachment, targets }: Part, keys: Set<string>): void {
  if (before === undefined) {
    for (const { key } of targets) keys.add(key);
    return;
  }
  if (before.targets !== targets) {
    const [old, next] = [new Set<TargetSnapshot>(), new Set<TargetSnapshot>()];
    // Most targets are the identical objects at the same places.
    for (let at = 0; at < Math.max(before.targets.length, targets.length); at++) {
      const [was, is] = [before.targets[at], targets[at]];
      if (was === is) continue;
      if (was !== undefined) old.add(was);
      if (is !== undefined) next.add(is);
    }
    for (const target of old) if (!next.has(target)) keys.add(target.key);
    for (const target of next) if (!old.has(target)) keys.add(target.key);
  }
  if (before.attachment.state === attachment.state) return;
  for (const target of targets)
    if (bindingSince(before.attachment, target) !== bindingSince(attachment, target)) keys.add(target.key);
}

function allChanges(served: HeldTargets, parts: readonly Part[]): Change[] {
  const held = new Map<string, { attachment: Attachment; target: TargetSnapshot }>();
  for (const { attachment, targets } of parts) {
    for (const target of targets) {
      const other = held.get(target.key);
      if (other === undefined || sinceOf(attachment, target) >= sinceOf(other.attachment, other.target))
        held.set(target.key, { attachment, target });
    }
  }
  const removed = [...served.keys()].filter((key) => !held.has(key)).map((key): Change => [key, undefined]);
  return [...removed, ...[...held].map(([key, { target }]): Change => [key, target])];
}

/** The target of the attachment that holds a target key. */
function holding(parts: readonly Part[], key: string): TargetSnapshot | undefined {
  let found: TargetSnapshot | undefined;
  let since = 0;
  for (const { attachment, targets } of parts) {
    const target = byKey(targets).get(key);
    if (target === undefined || sinceOf(attachment, target) < since) continue;
    found = target;
    since = sinceOf(attachment, target);
  }
  return found;
}

const indexes = new WeakMap<readonly TargetSnapshot[], ReadonlyMap<string, TargetSnapshot>>();

/** The targets of one attachment by target key. Two members of a group may have one target key, which the last one has. */
function byKey(targets: readonly TargetSnapshot[]): ReadonlyMap<string, TargetSnapshot> {
  const index = indexes.get(targets) ?? new Map(targets.map((target) => [target.key, target]));
  indexes.set(targets, index);
  return index;
}

/** The model version at which an attachment began to bind one of its targets; 0 if unknown. */
function sinceOf(attachment: Attachment, target: TargetSnapshot): number {
  return bindingSince(attachment, target) ?? 0;
}

function isSameTarget(a: TargetSnapshot | undefined, b: TargetSnapshot | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  return a.weight === b.weight && a.name === b.name && a.attachment === b.attachment && a.ineligible === b.ineligible;
}
