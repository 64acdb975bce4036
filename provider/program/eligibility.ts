// Which targets of an attachment the runtime would refuse to bind, as far as is known of their servers before the `up`.
import { z } from 'zod';
import type { Problem } from '../model/base/errors.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { shownReference } from '../model/base/urn.ts';
import { backendServerSchema, isExpired } from '../model/objects/backend-server.ts';
import { loadBalancerSchema } from '../model/objects/load-balancer.ts';
import { hasSameParent } from '../model/objects/parent.ts';
import { namedBy, targetSchema } from '../model/objects/target-attachment.ts';
import { bindingFault, type Ineligibility, lastingFault, type Place } from '../model/rules/eligibility.ts';
import type { Properties } from '../properties/properties.ts';
import type { Checked } from './checked.ts';
import { loadBalancerOf } from './parent.ts';
import { targetsOf } from './targets.ts';

const placeSchema = loadBalancerSchema.pick({ region: true, vpcId: true, zoneId: true, performance: true });
// For a server that is not there yet its URN stands, which is no id.
const namedSchema = targetSchema.pick({ address: true, type: true }).extend({ serverId: z.string().optional() });

/** Only of targets that were not bound before: one that is stays bound, whatever becomes of its server. */
export function eligibilityProblems(checked: Checked, nowMs: number): Problem[] {
  const { program, olds, news } = checked;
  const place = placeOf(loadBalancerOf(program, news));
  if (place === undefined) return [];
  const wanted = hasSameParent(olds, news) ? targetsOf(olds) : [];
  const bound = new Set(wanted.map(([, target]) => namedBy(target)));
  return targetsOf(news).flatMap(([name, given]) => {
    if (bound.has(namedBy(given))) return [];
    const fault = targetFault(given, program.get('backend-servers', given.serverId), place, nowMs);
    if (fault === undefined) return [];
    return [{ path: propertyPath(['targets', name]), message: `cannot be bound: ${fault.reason}`, code: fault.code }];
  });
}

/** The same of a group's members that were not bound before, which wait while their state forbids what place and type allow. */
export function memberEligibilityProblems(checked: Checked): Problem[] {
  const { program, olds, news } = checked;
  const place = placeOf(loadBalancerOf(program, news));
  const members = program.get('groups', news.groupId)?.members;
  if (place === undefined || !isRecord(members)) return [];
  const isAttached = hasSameParent(olds, news) && olds.groupId === news.groupId;
  const old = isAttached ? program.before('groups', news.groupId)?.members : {};
  // Who joined through the API may be among them.
  if (!isRecord(old)) return [];
  const bound = new Set(Object.values(old));
  return Object.values(members).flatMap((serverId) => {
    if (bound.has(serverId)) return [];
    const properties = program.get('backend-servers', serverId);
    const server = properties && known(backendServerSchema, properties);
    const fault = server && lastingFault(server, place);
    if (fault === undefined) return [];
    const message = `has a member that cannot be bound: server ${shownReference(String(serverId))} ${fault.reason}`;
    return [{ path: 'groupId', message, code: fault.code }];
  });
}

/** Undefined where it is not known. */
export function placeOf(loadBalancer: Properties | undefined): Place | undefined {
  return loadBalancer && known(placeSchema, loadBalancer);
}

/** Why the runtime would not let the target take traffic; undefined where it would, or where that is not known. */
export function targetFault(
  given: Properties,
  server: Properties | undefined,
  place: Place,
  nowMs: number,
): Ineligibility | undefined {
  // Most targets: a bare address may be bound anywhere.
  if (given.serverId === undefined && given.type === undefined) return undefined;
  const target = known(namedSchema, given);
  if (target === undefined) return undefined;
  if (target.serverId === undefined) return bindingFault(target, undefined, place);
  const found = server && known(backendServerSchema, server);
  if (found === undefined) return undefined;
  const shown = { ...target, serverId: shownReference(target.serverId) };
  return bindingFault(shown, { ...found, isExpired: isExpired(found, nowMs) }, place);
}

/** As the schema has it; undefined where any of it is unknown or malformed. */
function known<S extends typeof placeSchema | typeof namedSchema | typeof backendServerSchema>(
  schema: S,
  properties: Properties,
) {
  const own = Object.fromEntries(Object.keys(schema.shape).map((key) => [key, properties[key]]));
  const isWhole = Object.values(own).every((value) => (Array.isArray(value) ? value.every(isKnown) : isKnown(value)));
  const parsed = isWhole ? schema.safeParse(own) : undefined;
  return parsed?.success ? (parsed.data as z.infer<S>) : undefined;
}
