// Servers that join and leave an auto scaling group through the API, and those whose leases have ended.
import { WeirError } from '../../../model/base/errors.ts';
import { mayJoin } from '../../../model/objects/scaling-group.ts';
import { MAX_TARGETS } from '../../../model/objects/target-attachment.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { leasesOf, stateOfMembers } from '../../stored/members.ts';
import type { Draft } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { existingObject } from '../../stored/references.ts';
import { renewBoundSince } from './attachments.ts';
import { checkObject } from './checks.ts';
import { refuseTooManyBindings } from './limits.ts';

type Group = StoredObject<'groups'>;

interface Joining {
  /** Time to live of the membership without a renewal; `undefined` for a membership without a lease. */
  readonly ttlSeconds?: number | undefined;
  /** Id of the token that writes; `undefined` for the administrator. */
  readonly caller?: string | undefined;
}

/**
 * Adds a server to a group, or changes the lease of a member. Changes nothing if the server is a member with this lease
 * already. A member stays one although `joinable` does not name it any more.
 */
export function joinGroup(draft: Draft, groupId: string, serverId: string, joining: Joining = {}): Group {
  const { ttlSeconds, caller } = joining;
  const group = apiGroup(draft, groupId);
  const { joined } = group.state;
  const { [serverId]: present, ...others } = leasesOf(group);
  const isMember = joined.includes(serverId);
  if (isMember && present === ttlSeconds) return group;
  if (!isMember) refuseJoin(group, serverId);
  const leases = ttlSeconds === undefined ? others : { ...others, [serverId]: ttlSeconds };
  return putMembers(draft, group, stateOfMembers(isMember ? joined : [...joined, serverId], leases), caller);
}

export function leaveGroup(draft: Draft, groupId: string, serverId: string, caller?: string): Group {
  const group = apiGroup(draft, groupId);
  if (!group.state.joined.includes(serverId))
    throw new WeirError('NotFound', `Group ${groupId} has no member ${serverId}.`);
  return removeMembers(draft, group, new Set([serverId]), caller);
}

/**
 * Removes the members whose leases have ended. `ended`: times to live of these leases by server id. A member that has
 * another lease by now, or none, stays. Returns the ids of the removed members.
 */
export function endLeases(draft: Draft, groupId: string, ended: ReadonlyMap<string, number>): string[] {
  const group = draft.get('groups', groupId);
  if (group === undefined) return [];
  const leases = leasesOf(group);
  const removed = [...ended].filter(([serverId, ttl]) => leases[serverId] === ttl).map(([serverId]) => serverId);
  if (removed.length > 0) removeMembers(draft, group, new Set(removed), group.changedBy);
  return removed;
}

function removeMembers(draft: Draft, group: Group, removed: ReadonlySet<string>, caller: string | undefined): Group {
  const joined = group.state.joined.filter((serverId) => !removed.has(serverId));
  return putMembers(draft, group, stateOfMembers(joined, leasesOf(group)), caller);
}

function putMembers(draft: Draft, group: Group, state: Group['state'], caller: string | undefined): Group {
  const next = { ...group, changedBy: caller, state };
  const before = draft.toModel();
  draft.attempt(() => {
    draft.put(next);
    checkObject(draft, next, group);
    renewBoundSince(draft, next, caller);
    refuseTooManyBindings(before, draft, next, caller);
  });
  return existingObject(draft, 'groups', group.id);
}

function refuseJoin({ id, properties, state }: Group, serverId: string): void {
  if (!mayJoin(properties.joinable, serverId)) {
    throw new WeirError(
      'OperationFailed.ActionNotSupport',
      `Server ${serverId} may not join group ${id}: no pattern in the group's \`joinable\` matches it.`,
    );
  }
  if (state.joined.length < MAX_TARGETS) return;
  throw invalid([{ path: 'members', message: `must have at most ${MAX_TARGETS} members` }]);
}

/** The group, if its members are managed through the API. Throws if the group declares `members`. */
function apiGroup(draft: Draft, groupId: string): Group {
  const group = existingObject(draft, 'groups', groupId);
  if (group.properties.members === undefined) return group;
  throw new WeirError(
    'OperationFailed.ActionNotSupport',
    `Group ${groupId} declares its members: change \`members\` there, or leave it out so that servers join through the API.`,
  );
}
