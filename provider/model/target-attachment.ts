// The properties of a target attachment: the targets, by the user's own names, of one listener, rule or load balancer.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Problem } from './errors.ts';
import { ipAddress, mapKey, objectId, port } from './network.ts';
import { propertyPath } from './property-path.ts';
import { isRecord } from './record.ts';
import { seconds, secondsOrZero } from './seconds.ts';
import { targetKey } from './target-key.ts';

export const MAX_TARGETS = 500;
export const DEFAULT_WEIGHT = 100;

const weight = z
  .number('must be a whole number from 0 to 100')
  .int('must be a whole number from 0 to 100')
  .min(0, 'must be from 0 to 100')
  .max(100, 'must be from 0 to 100');

export const targetSchema = z.strictObject(
  {
    address: ipAddress,
    port: port.optional(),
    /** Unset is DEFAULT_WEIGHT; 0 is a weight and takes no new traffic. */
    weight: weight.optional(),
    description: z
      .string('must be a string')
      .regex(/^[A-Za-z0-9\-/._]{1,80}$/, 'must be 1-80 letters, digits, "-", "/", "." or "_"')
      .optional(),
  },
  'must be a target: an address, with port and weight',
);

/** What an attachment may be of; exactly one is given. */
export const PARENTS = ['loadBalancerId', 'listenerId', 'ruleId'] as const;

export const targetAttachmentSchema = z.strictObject({
  loadBalancerId: objectId.optional(),
  listenerId: objectId.optional(),
  ruleId: objectId.optional(),
  targets: z.record(mapKey, targetSchema, 'must be a map of targets by name'),
  defaultPort: port.optional(),
  manageWeights: z.boolean('must be true or false').default(true),
  awaitHealthySeconds: seconds.optional(),
  handoverSeconds: secondsOrZero.default(30),
});

export type Target = z.infer<typeof targetSchema>;
export type TargetAttachmentProperties = z.infer<typeof targetAttachmentSchema>;

export function weightOf(target: { weight?: number | undefined }): number {
  return target.weight ?? DEFAULT_WEIGHT;
}

/** What can be said of an attachment by itself, as far as it is known; the schema says the rest. */
export function targetAttachmentRules(
  input: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const problems: Problem[] = [];
  if (PARENTS.filter((name) => input[name] !== undefined).length !== 1) {
    problems.push({
      path: 'listenerId',
      message: 'exactly one of loadBalancerId, listenerId and ruleId must be given',
    });
  }
  const targets = input.targets;
  if (!isKnown(targets) || !isRecord(targets)) return problems;
  if (Object.keys(targets).length > MAX_TARGETS) {
    problems.push({
      path: 'targets',
      message: `has at most ${MAX_TARGETS} targets, not ${Object.keys(targets).length}`,
    });
    // Of so many as a body has room for, the conflicts take seconds, and are more than a call takes arguments.
    return problems;
  }
  problems.push(...wireConflicts(targets, input.defaultPort));
  return problems;
}

/** Names of one map that mean the same address and port. */
function wireConflicts(targets: Record<string, unknown>, defaultPort: unknown): Problem[] {
  const problems: Problem[] = [];
  const nameOf = new Map<string, string>();
  for (const [name, target] of Object.entries(targets)) {
    if (!isRecord(target)) continue;
    const { address, port: targetPort = defaultPort } = target;
    // What is not known, or not an address and a port, equals nothing.
    if (typeof address !== 'string' || isIP(address) === 0 || typeof targetPort !== 'number') continue;
    const key = targetKey(address, targetPort);
    const first = nameOf.get(key);
    if (first === undefined) nameOf.set(key, name);
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
