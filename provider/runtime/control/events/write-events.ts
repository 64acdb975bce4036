// A batch of writes as events: what each put or deleted and, of attachments and groups, what it bound, changed and unbound. Pure.

import type { RuntimeEvent } from '../../../model/api/events.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { keyOf } from '../../../model/base/object-key.ts';
import { type Membership, membershipChanges } from '../../../model/rules/membership.ts';
import { targetsWanted } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView, StoredObjects } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';
import type { Need } from '../access/access.ts';
import { needsOfRead } from '../access/permissions.ts';

/** The events of the last 1,000 writes are kept, and an attachment has up to 500 targets. */
const MAX_CHANGES_TOLD = 50;

/** The targets of an attachment or the members of a group, as an event tells of their changes. */
type Told = Membership & { readonly targets: Readonly<Record<string, unknown>> };

const NO_TARGETS: Told = { targets: {} };

interface WriteEvent {
  readonly event: RuntimeEvent;
  /** Of an object that came from another load balancer, on both. */
  readonly needs: readonly Need[];
}

/** `before`: the model that the first of the changes was made to; each took the next version. */
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

/** Of kinds that have no membership nothing. */
function targetsOf(before: Told | undefined, after: Told | undefined) {
  if (before === undefined && after === undefined) return {};
  const all = membershipChanges(...withoutSame(before ?? NO_TARGETS, after ?? NO_TARGETS)) ?? [];
  const omitted = all.length - MAX_CHANGES_TOLD;
  return { targets: all.slice(0, MAX_CHANGES_TOLD), ...(omitted > 0 ? { omitted } : {}) };
}

/** Without the targets that are the very same objects before and after, as a patch leaves most of them. */
function withoutSame(before: Told, after: Told): [Told, Told] {
  if (before.defaultPort !== after.defaultPort) return [before, after];
  const [old, next] = [Object.entries(before.targets), Object.entries(after.targets)];
  return [
    { ...before, targets: others(old, new Map(next)) },
    { ...after, targets: others(next, new Map(old)) },
  ];
}

function others(targets: readonly [string, unknown][], known: ReadonlyMap<string, unknown>): Told['targets'] {
  return Object.fromEntries(targets.filter(([name, target]) => known.get(name) !== target));
}

function membershipOf(view: StoredObjects, object: StoredObject | undefined): Told | undefined {
  if (object?.kind === 'attachments') return object.properties;
  if (object?.kind === 'group-attachments') return { targets: Object.fromEntries(targetsWanted(view, object)) };
  return object?.kind === 'groups' ? { targets: membersAsTargets(object) } : undefined;
}

/** Their port and weight are those of each attachment of the group. */
function membersAsTargets(group: StoredObject<'groups'>) {
  return Object.fromEntries(
    Object.entries(membersOf(group)).map(([name, serverId]) => [name, { serverId, weight: null }]),
  );
}
