// Auto scaling groups: who their members are when they are put, and what of that is refused.
import type { Problem } from '../../../model/base/errors.ts';
import { loadBalancerOf } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { memberProblems, refuseTargetsOfOtherStacks } from './attachments.ts';

type Group = StoredObject<'groups'>;

/** Members that were declared stay when they are declared no more: a group loses none that way. */
export function groupState(next: Group, before: Group | undefined): Group['state'] {
  if (next.properties.members !== undefined || before === undefined) return { joined: [] };
  return { joined: Object.values(membersOf(before)) };
}

/** Members that join and may never take the traffic of what the group is attached to. */
export function groupProblems(view: ModelView, next: Group, before: Group | undefined): Problem[] {
  const known = new Set(Object.values(before === undefined ? {} : membersOf(before)));
  const joining = Object.entries(membersOf(next)).filter(([, serverId]) => !known.has(serverId));
  const names = new Set(joining.map(([name]) => name));
  // Attached twice below one load balancer, a group is refused once.
  const one = new Map(attachmentsOfGroup(view, next).map((each) => [loadBalancerOf(view, each.properties)?.id, each]));
  return [...one.values()].flatMap((attachment) => memberProblems(view, attachment, names));
}

export function refuseMembersOfOtherStacks(view: ModelView, next: Group): void {
  for (const attachment of attachmentsOfGroup(view, next)) refuseTargetsOfOtherStacks(view, attachment);
}

function attachmentsOfGroup(view: ModelView, { id }: Group): StoredObject<'group-attachments'>[] {
  return [...view.list('group-attachments')].filter(({ properties }) => properties.groupId === id);
}
