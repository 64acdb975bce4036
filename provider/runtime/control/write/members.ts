// Servers that join and leave an auto scaling group through the API.
import { WeirError } from '../../../model/base/errors.ts';
import { MAX_TARGETS } from '../../../model/objects/target-attachment.ts';
import { invalid } from '../../../model/objects/validate.ts';
import type { Draft } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { existingObject } from '../../stored/references.ts';
import { renewBoundSince } from './attachments.ts';
import { checkObject } from './checks.ts';
import { refuseTooManyBindings } from './limits.ts';

type Group = StoredObject<'groups'>;

/** Adds a server to a group. Changes nothing if the server is a member already. */
export function joinGroup(draft: Draft, groupId: string, serverId: string, caller?: string): Group {
  const group = apiGroup(draft, groupId);
  const { joined } = group.state;
  if (joined.includes(serverId)) return group;
  if (joined.length >= MAX_TARGETS) {
    throw invalid([{ path: 'members', message: `must have at most ${MAX_TARGETS} members` }]);
  }
  return putMembers(draft, group, [...joined, serverId], caller);
}

export function leaveGroup(draft: Draft, groupId: string, serverId: string, caller?: string): Group {
  const group = apiGroup(draft, groupId);
  const { joined } = group.state;
  if (!joined.includes(serverId)) throw new WeirError('NotFound', `Group ${groupId} has no member ${serverId}.`);
  return putMembers(
    draft,
    group,
    joined.filter((member) => member !== serverId),
    caller,
  );
}

function putMembers(draft: Draft, group: Group, joined: readonly string[], caller: string | undefined): Group {
  const next = { ...group, changedBy: caller, state: { joined } };
  const before = draft.toModel();
  draft.attempt(() => {
    draft.put(next);
    checkObject(draft, next, group);
    renewBoundSince(draft, next, caller);
    refuseTooManyBindings(before, draft, next, caller);
  });
  return existingObject(draft, 'groups', group.id);
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
