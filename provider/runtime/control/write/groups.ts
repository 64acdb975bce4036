// Auto scaling groups: who their members are, how a server joins and leaves, and what of that is refused.
import { type Problem, WeirError } from '../../../model/base/errors.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { MAX_TARGETS } from '../../../model/objects/target-attachment.ts';
import { invalid } from '../../../model/objects/validate.ts';
import { loadBalancerOf } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { Draft, ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { existingObject, noSuch } from '../../stored/references.ts';
import { memberProblems, refuseForeignClaims, renewClaims } from './attachments.ts';

export type Group = StoredObject<'groups'>;

/** Members that were declared stay when they are declared no more: a group loses none that way. */
export function groupState(next: Group, before: Group | undefined): Group['state'] {
  if (next.properties.members !== undefined || before === undefined) return { joined: [] };
  return { joined: Object.values(membersOf(before)) };
}

export function checkGroup(view: ModelView, next: Group, before: Group | undefined): void {
  const known = new Set(Object.values(before === undefined ? {} : membersOf(before)));
  const joining = Object.entries(membersOf(next)).filter(([, serverId]) => !known.has(serverId));
  const problems: Problem[] = joining
    .filter(([, serverId]) => view.get('backend-servers', serverId) === undefined)
    .map(([name, serverId]) => noSuch('backend-servers', serverId, propertyPath(['members', name])));
  const attachments = [...view.list('group-attachments')].filter(({ properties }) => properties.groupId === next.id);
  if (problems.length === 0) {
    const names = new Set(joining.map(([name]) => name));
    // Attached twice below one load balancer, a group is refused once.
    const one = new Map(attachments.map((each) => [loadBalancerOf(view, each.properties)?.id, each]));
    problems.push(...[...one.values()].flatMap((attachment) => memberProblems(view, attachment, names)));
  }
  if (problems.length > 0) throw invalid(problems);
  for (const attachment of attachments) refuseForeignClaims(view, attachment);
}

/** A server that is a member already changes nothing. */
export function joinGroup(draft: Draft, groupId: string, serverId: string): Group {
  const group = apiGroup(draft, groupId);
  const { joined } = group.state;
  if (joined.includes(serverId)) return group;
  if (joined.length >= MAX_TARGETS) {
    throw invalid([{ path: 'members', message: `has at most ${MAX_TARGETS} members` }]);
  }
  return putMembers(draft, group, [...joined, serverId]);
}

export function leaveGroup(draft: Draft, groupId: string, serverId: string): Group {
  const group = apiGroup(draft, groupId);
  const { joined } = group.state;
  if (!joined.includes(serverId)) throw new WeirError('NotFound', `Group ${groupId} has no member ${serverId}.`);
  return putMembers(
    draft,
    group,
    joined.filter((member) => member !== serverId),
  );
}

function putMembers(draft: Draft, group: Group, joined: readonly string[]): Group {
  const next = { ...group, state: { joined } };
  draft.attempt(() => {
    draft.put(next);
    checkGroup(draft, next, group);
    renewClaims(draft, next);
  });
  return existingObject(draft, 'groups', group.id);
}

/** A group whose members are the API's. */
function apiGroup(draft: Draft, groupId: string): Group {
  const group = existingObject(draft, 'groups', groupId);
  if (group.properties.members === undefined) return group;
  throw new WeirError(
    'OperationFailed.ActionNotSupport',
    `Group ${groupId} declares its members: change them there, or leave \`members\` out so that they come and go through the API.`,
  );
}
