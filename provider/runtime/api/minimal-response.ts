// Responses to writes with only the targets or the member that the write changed, for callers who prefer them (RFC 7240).
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Kind } from '../../model/base/kinds.ts';
import { changedTargets, withTargetsOf } from '../control/write/object-patch.ts';
import { leasesOf, stateOfMembers } from '../stored/members.ts';
import type { StoredObject } from '../stored/object.ts';

/** The sentence about minimal responses in the description of a route. Empty for kinds that have none. */
export function minimalNote(kind: Kind): string {
  if (kind !== 'attachments') return '';
  return ' With `Prefer: return=minimal` the response has only the targets that the patch names, or that the put changes.';
}

/** The part of a written object that the caller wants to see. `names`: the targets of a minimal response. */
export function shownPart<T extends StoredObject>(
  written: T,
  { prefer }: IncomingHttpHeaders,
  reply: FastifyReply,
  names: () => readonly string[],
): T {
  if (written.kind !== 'attachments' || !isMinimal(prefer)) return written;
  reply.header('preference-applied', 'return=minimal');
  return { ...written, properties: withTargetsOf(written.properties, names()) };
}

/** The sentence about minimal responses in the description of the route of members. */
export const MINIMAL_MEMBERS = 'With `Prefer: return=minimal` the response has only this member.';

/** The group with the members that the caller wants to see after one of them has joined. */
export function shownMembers(
  group: StoredObject<'groups'>,
  serverId: string,
  { prefer }: IncomingHttpHeaders,
  reply: FastifyReply,
): StoredObject<'groups'> {
  if (!isMinimal(prefer)) return group;
  reply.header('preference-applied', 'return=minimal');
  return { ...group, state: stateOfMembers([serverId], leasesOf(group)) };
}

/** The names of the targets that a put has changed. */
export function namesOfChanged(written: StoredObject, before: StoredObject | undefined): readonly string[] {
  if (written.kind !== 'attachments') return [];
  return changedTargets(written.properties, before?.kind === 'attachments' ? before.properties : undefined);
}

/** Whether the caller prefers a minimal response (RFC 7240 section 4.2). */
function isMinimal(preferences: string | string[] | undefined): boolean {
  const all = [preferences ?? []].flat().join(',').split(',');
  return all.some((preference) => /^\s*return\s*=\s*"?minimal"?\s*(;|$)/i.test(preference));
}
