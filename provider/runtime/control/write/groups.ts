// Rules for the members of a written auto scaling group: the members that stay, and the members that are not allowed.
import type { Problem } from '../../../model/base/errors.ts';
import { attachmentsOfGroup, loadBalancerOf } from '../../stored/attachments.ts';
import { leasesOf, membersOf, stateOfMembers } from '../../stored/members.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { memberProblems, refuseTargetsOfOtherStacks } from './attachments.ts';

type Group = StoredObject<'groups'>;

/**
 * The state of a written auto scaling group. If the group stops declaring `members`, its declared servers stay as
 * joined servers, so the group loses no server. Leases go on.
 */
export function groupState(next: Group, before: Group | undefined): Group['state'] {
  if (next.properties.members !== undefined || before === undefined) return { joined: [] };
  return stateOfMembers(Object.values(membersOf(before)), leasesOf(before));
}

/** Problems of joining members that can never be bound to a load balancer to which the group is attached. */
export function groupProblems(view: ModelView, next: Group, before: Group | undefined): Problem[] {
  const known = new Set(Object.values(before === undefined ? {} : membersOf(before)));
  const joining = Object.entries(membersOf(next)).filter(([, serverId]) => !known.has(serverId));
  const names = new Set(joining.map(([name]) => name));
  // Checks one attachment below each load balancer, so each problem of a group is reported once.
  const one = new Map(
    attachmentsOfGroup(view, next.id).map((each) => [loadBalancerOf(view, each.properties)?.id, each]),
  );
  return [...one.values()].flatMap((attachment) => memberProblems(view, attachment, names));
}

export function refuseMembersOfOtherStacks(view: ModelView, next: Group): void {
  for (const attachment of attachmentsOfGroup(view, next.id)) refuseTargetsOfOtherStacks(view, attachment);
}
