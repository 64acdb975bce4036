// Write events: one event for each object that a batch put or deleted, with the targets that changed. Pure.

import type { RuntimeEvent } from '../../../model/api/events.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import { inOneLine } from '../../../model/base/one-line.ts';
import { changedNames } from '../../../model/base/record.ts';
import { type Membership, membershipChanges } from '../../../model/rules/membership.ts';
import { targetsWanted } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView, StoredObjects } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';
import type { Need } from '../access/access.ts';
import { needsOfRead } from '../access/permissions.ts';

/** Limits for the target changes in one event, because 1,000 events are kept and an attachment has up to 500 targets. */
const MAX_CHANGES_TOLD = 50;
const MAX_CHARACTERS_TOLD = 5_000;

/** The targets of an attachment, or the members of a group as targets, for a comparison before and after a write. */
type Told = Membership & { readonly targets: Readonly<Record<string, unknown>> };

const NO_TARGETS: Told = { targets: {} };

interface WriteEvent {
  readonly event: RuntimeEvent;
  /** The permissions that a reader needs to see the event; for a moved object, on both its old and its new place. */
  readonly needs: readonly Need[];
}

/** The events of a batch. `before`: the model before the first change. Each change made the next model version. */
export function writeEvents(before: ModelView, changes: readonly ObjectChange[]): WriteEvent[] {
  const changed = new Map<string, StoredObject | undefined>();
  const sofar: StoredObjects = {
    get: (kind, id) => (changed.has(keyOf(kind, id)) ? changed.get(keyOf(kind, id)) : before.get(kind, id)) as never,
  };
  return changes.map((change, index) => {
    const next = 'put' in change ? change.put : undefined;
    const { kind, id } = next ?? ('delete' in change ? change.delete : change.put);
    const previous = sofar.get<Kind>(kind, id);
    const needs = previous === undefined ? [] : needsOfRead(sofar, previous);
    const membership = membershipOf(sofar, previous);
    changed.set(keyOf(kind, id), next);
    if (next !== undefined) needs.push(...needsOfRead(sofar, next));
    const action = next === undefined ? 'delete' : 'put';
    const version = before.version + index + 1;
    return {
      event: { type: 'write', version, kind, id, action, ...targetsOf(membership, membershipOf(sofar, next)) },
      needs,
    };
  });
}

/** The fields of an event that name the changed targets. Returns no fields if the event's object has no targets. */
function targetsOf(before: Told | undefined, after: Told | undefined) {
  if (before === undefined && after === undefined) return {};
  const all = membershipChanges(...withoutSame(before ?? NO_TARGETS, after ?? NO_TARGETS)) ?? [];
  const told = firstWithin(all.slice(0, MAX_CHANGES_TOLD), MAX_CHARACTERS_TOLD);
  const omitted = all.length - told.length;
  return { targets: told, ...(omitted > 0 ? { omitted } : {}) };
}

/** As many of the first changes as have room. */
function firstWithin<T>(changes: readonly T[], characters: number): readonly T[] {
  let left = characters;
  const end = changes.findIndex((change) => {
    left -= inOneLine(JSON.stringify(change)).length;
    return left < 0;
  });
  return end === -1 ? changes : changes.slice(0, end);
}

/** Removes unchanged targets, which are identical objects on both sides, so that fewer targets are compared. */
function withoutSame(before: Told, after: Told): [Told, Told] {
  if (before.defaultPort !== after.defaultPort) return [before, after];
  return [
    { ...before, targets: others(before.targets, after.targets) },
    { ...after, targets: others(after.targets, before.targets) },
  ];
}

function others(targets: Told['targets'], known: Told['targets']): Told['targets'] {
  return Object.fromEntries(changedNames(targets, known).map((name) => [name, targets[name]]));
}

function membershipOf(view: StoredObjects, object: StoredObject | undefined): Told | undefined {
  if (object?.kind === 'attachments') return object.properties;
  if (object?.kind === 'group-attachments') return { targets: Object.fromEntries(targetsWanted(view, object)) };
  return object?.kind === 'groups' ? { targets: membersAsTargets(object) } : undefined;
}

/** The members of a group as targets without port and weight, which each attachment of the group decides. */
function membersAsTargets(group: StoredObject<'groups'>) {
  return Object.fromEntries(
    Object.entries(membersOf(group)).map(([name, serverId]) => [name, { serverId, weight: null }]),
  );
}
