// Writes of auto scaling groups: the members that a group keeps, and the members that it may not have.
import type { Problem } from '../../../model/base/errors.ts';
import { loadBalancerOf } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { memberProblems, refuseTargetsOfOtherStacks } from './attachments.ts';

type Group = StoredObject<'groups'>;

/** The state of a written group. Members stay when a group stops declaring `members`, so the group loses no server. */
export function groupState(next: Group, before: Group | undefined): Group['state'] {
  if (next.properties.members !== undefined || before === undefined) return { joined: [] };
  return { joined: Object.values(membersOf(before)) };
}

/** Problems of joining members that may never be bound to the load balancers that the group is attached to. */
export function groupProblems(view: ModelView, next: Group, before: Group | undefined): Problem[] {
  const known = new Set(Object.values(before === undefined ? {} : membersOf(before)));
  const joining = Object.entries(membersOf(next)).filter(([, serverId]) => !known.has(serverId));
  const names = new Set(joining.map(([name]) => name));
  // A group may have several attachments below one load balancer; each problem is reported once.
  const one = new Map(attachmentsOfGroup(view, next).map((each) => [loadBalancerOf(view, each.properties)?.id, each]));
  return [...one.values()].flatMap((attachment) => memberProblems(view, attachment, names));
}

export function refuseMembersOfOtherStacks(view: ModelView, next: Group): void {
  for (const attachment of attachmentsOfGroup(view, next)) refuseTargetsOfOtherStacks(view, attachment);
}

function attachmentsOfGroup(view: ModelView, { id }: Group): StoredObject<'group-attachments'>[] {
  return [...view.list('group-attachments')].filter(({ properties }) => properties.groupId === id);
}
