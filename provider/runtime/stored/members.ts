// Members of an auto scaling group, either declared in its properties or joined through the API.
import type { StateOf, StoredObject } from './object.ts';

/** Server ids by member name. A server that joined through the API has its id as its name. */
export function membersOf({
  properties,
  state,
}: Pick<StoredObject<'groups'>, 'properties' | 'state'>): Readonly<Record<string, string>> {
  return properties.members ?? Object.fromEntries(state.joined.map((serverId) => [serverId, serverId]));
}

/** Times to live in seconds of the members that have a lease, by server id. */
export function leasesOf({ state }: Pick<StoredObject<'groups'>, 'state'>): Readonly<Record<string, number>> {
  return state.leases ?? {};
}

/** The state of a group with these joined servers. Leases of other servers are left out. */
export function stateOfMembers(joined: readonly string[], leases: Readonly<Record<string, number>>): StateOf<'groups'> {
  const present = new Set(joined);
  const kept = Object.entries(leases).filter(([serverId]) => present.has(serverId));
  return kept.length === 0 ? { joined } : { joined, leases: Object.fromEntries(kept) };
}
