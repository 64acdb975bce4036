// The properties of a target attachment: the targets of one listener, rule or load balancer, by the user's own names.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import { targetKey } from '../base/target-key.ts';
import { serverKind } from './backend-server.ts';
import { mapKey, objectId, port, tags, targetAddress } from './network.ts';
import { parentChoiceProblems, parentShape } from './parent.ts';
import { HANDOVER_SECONDS, seconds, secondsOrZero } from './seconds.ts';
import { text } from './text.ts';
import { wholeNumber } from './whole-number.ts';

export const MAX_TARGETS = 500;
export const DEFAULT_WEIGHT = 100;

export const weight = wholeNumber(0, 100);

export const targetSchema = z.strictObject(
  {
    /** The target's server. A target without an address uses the server's first one. */
    serverId: objectId.optional(),
    /** The target's address. It must be one of the server's if the target has a server. */
    address: targetAddress.optional(),
    /** The kind of the server. Unset means "ecs"; any other kind must be named. */
    type: serverKind.optional(),
    port: port.optional(),
    /** The weight of a target. Unset means DEFAULT_WEIGHT. A target of weight 0 takes no new traffic. */
    weight: weight.optional(),
    description: text('must be a string', 80)
      .regex(/^[A-Za-z0-9\-/._]{1,80}$/, 'must be 1-80 letters, digits, "-", "/", "." or "_"')
      .optional(),
  },
  'must be a target: a server or an address, with port and weight',
);

export const targetAttachmentSchema = z.strictObject({
  ...parentShape,
  targets: z.record(mapKey, targetSchema, 'must be a map of targets by name'),
  defaultPort: port.optional(),
  manageWeights: z.boolean('must be true or false').default(true),
  awaitHealthySeconds: seconds.optional(),
  handoverSeconds: secondsOrZero.default(HANDOVER_SECONDS),
  awaitDrainSeconds: secondsOrZero.optional(),
  tags: tags.optional(),
});

export type TargetProperties = z.infer<typeof targetSchema>;
export type TargetAttachmentProperties = z.infer<typeof targetAttachmentSchema>;

export function weightOf(target: { weight?: number | undefined }): number {
  return target.weight ?? DEFAULT_WEIGHT;
}

/** Every problem in the known parts of one attachment that its schema does not find. */
export function targetAttachmentRules(
  input: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const problems = parentChoiceProblems(input);
  const targets = input.targets;
  if (!isKnown(targets) || !isRecord(targets)) return problems;
  if (Object.keys(targets).length > MAX_TARGETS) {
    problems.push({
      path: 'targets',
      message: `must have at most ${MAX_TARGETS} targets, not ${Object.keys(targets).length}`,
    });
    // An attachment with too many targets is not checked further. The body of one request has room for so many that a
    // search for conflicts would take seconds, and that they would be too many arguments for one function call.
    return problems;
  }
  const keys = Object.entries(targets).map(([name, target]) => {
    const isTold = isRecord(target) && isKnown(target.serverId);
    return [name, isTold ? knownKey(target, target.port ?? input.defaultPort) : undefined] as const;
  });
  problems.push(...targetProblems(targets), ...keyConflicts(keys));
  return problems;
}

function targetProblems(targets: Record<string, unknown>): Problem[] {
  return Object.entries(targets)
    .filter(([, target]) => isRecord(target) && target.serverId === undefined && target.address === undefined)
    .map(([name]) => ({
      path: propertyPath(['targets', name, 'address']),
      message: 'is required if there is no serverId',
    }));
}

/**
 * Reports names of one attachment that mean the same target. A target whose key is not known equals no other target.
 */
export function keyConflicts(keys: Iterable<readonly [name: string, key: string | undefined]>): Problem[] {
  const problems: Problem[] = [];
  const names = new Map<string, string>();
  for (const [name, key] of keys) {
    if (key === undefined) continue;
    const first = names.get(key);
    if (first === undefined) names.set(key, name);
    else {
      problems.push({
        path: propertyPath(['targets', name]),
        message: `is ${key}, and so is ${JSON.stringify(first)}: two targets may not have the same address and port`,
        code: 'InvalidBackendServers.ServerIpConflict',
      });
    }
  }
  return problems;
}

/**
 * The key of a target. Returns `undefined` if the key is not known or the target is malformed: such a target equals no
 * other.
 */
function knownKey({ address, serverId }: Record<string, unknown>, targetPort: unknown): string | undefined {
  if (typeof targetPort !== 'number') return undefined;
  if (typeof address === 'string' && isIP(address) !== 0) return targetKey(address, targetPort);
  return address === undefined && typeof serverId === 'string' ? `${serverId}:${targetPort}` : undefined;
}
