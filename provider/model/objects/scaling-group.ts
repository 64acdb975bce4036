// The properties of an auto scaling group: its members by name, or which servers may join through the API.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { matchesGlob } from '../base/glob.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import { mapKey, objectId, tags } from './network.ts';
import { MAX_TARGETS } from './target-attachment.ts';
import { text } from './text.ts';

const MAX_PATTERNS = 64;
const PATTERN_FORM = 'must be the id of a server, in which "*" is any text and "?" is one character, such as "i-web-*"';
const JOINABLE_FORM = 'must be a list of server ids such as "i-web-*"';

/** A server id with wildcards. It is as long as an id at most, so that a match takes at most 128 times 128 steps. */
const joinablePattern = text(PATTERN_FORM, 128, PATTERN_FORM).regex(/^[A-Za-z0-9._*?-]+$/, PATTERN_FORM);

export const scalingGroupSchema = z.strictObject({
  members: z
    .record(mapKey, objectId, 'must be a map of server ids by name')
    .refine((map) => Object.keys(map).length <= MAX_TARGETS, `must have at most ${MAX_TARGETS} members`)
    .optional(),
  /** Patterns of the servers that may join through the API. `undefined` means all. */
  joinable: z
    .array(joinablePattern, JOINABLE_FORM)
    .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} patterns`)
    .optional(),
  tags: tags.optional(),
});

/** Whether a server may join a group with this `joinable`. */
export function mayJoin(joinable: readonly string[] | undefined, serverId: string): boolean {
  return joinable?.some((pattern) => matchesGlob(pattern, serverId)) ?? true;
}

/** Reports servers that are members of the group under two names, and `joinable` where no server can join. */
export function scalingGroupRules(
  { members, joinable }: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  if (!isKnown(members) || !isRecord(members)) return [];
  const problems: Problem[] = [];
  if (isKnown(joinable) && joinable !== undefined) {
    const message =
      'has no effect beside members, because no other server can join the group: leave out one of the two';
    problems.push({ path: 'joinable', message });
  }
  const nameOf = new Map<unknown, string>();
  for (const [name, serverId] of Object.entries(members)) {
    if (!isKnown(serverId)) continue;
    const first = nameOf.get(serverId);
    if (first === undefined) nameOf.set(serverId, name);
    else {
      const message = `is ${serverId}, and so is ${JSON.stringify(first)}: a server is a member once`;
      problems.push({
        path: propertyPath(['members', name]),
        message,
        code: 'InvalidBackendServers.ServerIpConflict',
      });
    }
  }
  return problems;
}
