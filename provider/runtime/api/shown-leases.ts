// Leases of group members in responses: the time to live, and when the lease ends by the present date.
import type { ApiLease } from '../../model/api/lease.ts';
import type { GroupLeases } from '../control/leases/group-leases.ts';
import { leasesOf } from '../stored/members.ts';
import type { StoredObjects } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';

type Leases = Pick<GroupLeases, 'of'>;

/** The leases of a group by server id. `undefined` if no member has one. */
export function shownLeases(group: StoredObject<'groups'>, leases: Leases): Record<string, ApiLease> | undefined {
  const entries = Object.keys(leasesOf(group)).flatMap((serverId) => {
    const lease = shownLease(group, serverId, leases);
    return lease === undefined ? [] : [[serverId, lease] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** The lease of the member that a bound target is. `undefined` if it has none, or if the target is no member. */
export function leaseOfTarget(
  objects: StoredObjects,
  { attachment, name }: { readonly attachment: string; readonly name: string },
  leases: Leases,
): ApiLease | undefined {
  if (objects.get('attachments', attachment) !== undefined) return undefined;
  const groupId = objects.get('group-attachments', attachment)?.properties.groupId;
  const group = groupId === undefined ? undefined : objects.get('groups', groupId);
  // A member with a lease has joined through the API, therefore its name is the id of its server.
  return group && shownLease(group, name, leases);
}

function shownLease(group: StoredObject<'groups'>, serverId: string, leases: Leases): ApiLease | undefined {
  const lease = leases.of(group, serverId);
  if (lease === undefined) return undefined;
  const { ttlSeconds, leftMs } = lease;
  return { ttlSeconds, expiresAt: new Date(Date.now() + leftMs).toISOString() };
}
