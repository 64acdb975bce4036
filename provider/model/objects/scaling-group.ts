// The properties of an auto scaling group: its members by name, or none if servers join through the API.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import { mapKey, objectId, tags } from './network.ts';
import { MAX_TARGETS } from './target-attachment.ts';

export const scalingGroupSchema = z.strictObject({
  members: z
    .record(mapKey, objectId, 'must be a map of server ids by name')
    .refine((map) => Object.keys(map).length <= MAX_TARGETS, `must have at most ${MAX_TARGETS} members`)
    .optional(),
  tags: tags.optional(),
});

/** Reports servers that are members of the group under two names. */
export function scalingGroupRules(
  { members }: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  if (!isKnown(members) || !isRecord(members)) return [];
  const problems: Problem[] = [];
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
