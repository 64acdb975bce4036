// A batch of writes as events: what each put or deleted and, of attachments, what it bound, changed and unbound. Pure.
import { type Membership, membershipChanges } from '../../model/membership.ts';
import type { ObjectChange, StoredObject } from '../store/store.ts';
import type { RuntimeEvent } from './event-log.ts';
import type { ModelView } from './model.ts';

/** The events of the last 1,000 writes are kept, and an attachment has up to 500 targets. */
const MAX_CHANGES_TOLD = 50;

const NO_TARGETS: Membership = { targets: {} };

/** `before`: the model that the first of the changes was made to; each took the next version. */
export function writeEvents(before: ModelView, changes: readonly ObjectChange[]): RuntimeEvent[] {
  const changed = new Map<string, StoredObject | undefined>();
  return changes.map((change, index) => {
    const next = 'put' in change ? change.put : undefined;
    const { kind, id } = next ?? ('delete' in change ? change.delete : change.put);
    const name = `${kind} ${id}`;
    const previous = changed.has(name) ? changed.get(name) : before.get(kind, id);
    changed.set(name, next);
    const action = next === undefined ? 'delete' : 'put';
    return { type: 'write', version: before.version + index + 1, kind, id, action, ...targetsOf(previous, next) };
  });
}

function targetsOf(previous: StoredObject | undefined, next: StoredObject | undefined) {
  if ((next ?? previous)?.kind !== 'attachments') return {};
  const all = membershipChanges(membershipOf(previous), membershipOf(next)) ?? [];
  const omitted = all.length - MAX_CHANGES_TOLD;
  return { targets: all.slice(0, MAX_CHANGES_TOLD), ...(omitted > 0 ? { omitted } : {}) };
}

function membershipOf(object: StoredObject | undefined): Membership {
  return object?.kind === 'attachments' ? object.properties : NO_TARGETS;
}
