// Members of an auto scaling group, either declared in its properties or joined through the API.
import type { StoredObject } from './object.ts';

/** Server ids by member name. A server that joined through the API has its id as its name. */
export function membersOf({
  properties,
  state,
}: Pick<StoredObject<'groups'>, 'properties' | 'state'>): Readonly<Record<string, string>> {
  return properties.members ?? Object.fromEntries(state.joined.map((serverId) => [serverId, serverId]));
}
