// The members of an auto scaling group.
import type { StoredObject } from './object.ts';

/** Server ids by name; who has joined through the API is named by its id. */
export function membersOf({
  properties,
  state,
}: Pick<StoredObject<'groups'>, 'properties' | 'state'>): Readonly<Record<string, string>> {
  return properties.members ?? Object.fromEntries(state.joined.map((serverId) => [serverId, serverId]));
}
