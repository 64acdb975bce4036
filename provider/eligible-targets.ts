// Which targets of an attachment the runtime would refuse to bind, as far as the program tells of their servers.
import { z } from 'zod';
import { backendServerSchema, isExpired } from './model/backend-server.ts';
import { bindingFault, lastingFault, type Place } from './model/eligibility.ts';
import type { Problem } from './model/errors.ts';
import { loadBalancerSchema } from './model/load-balancer.ts';
import { hasSameParent } from './model/parent.ts';
import { propertyPath } from './model/property-path.ts';
import { isRecord } from './model/record.ts';
import { namedBy, targetSchema } from './model/target-attachment.ts';
import type { Properties } from './normal-form.ts';
import { loadBalancerOf } from './parent.ts';
import { shownReference } from './program.ts';
import type { Checked } from './resource.ts';
import { targetsOf } from './targets.ts';
import { isKnown } from './unknown.ts';

const placeSchema = loadBalancerSchema.pick({ region: true, vpcId: true, zoneId: true, performance: true });
// For a server that is not there yet its URN stands, which is no id.
const namedSchema = targetSchema.pick({ address: true, type: true }).extend({ serverId: z.string().optional() });

/** Only of targets that were not bound before: one that is stays bound, whatever becomes of its server. */
export function eligibilityProblems(checked: Checked, nowMs: number): Problem[] {
  const { olds, news } = checked;
  const place = placeOf(checked);
  if (place === undefined) return [];
  const wanted = hasSameParent(olds, news) ? targetsOf(olds) : [];
  const bound = new Set(wanted.map(([, target]) => namedBy(target)));
  return targetsOf(news).flatMap(([name, given]) => {
    // Most targets: a bare address may be bound anywhere.
    if (given.serverId === undefined && given.type === undefined) return [];
    const target = known(namedSchema, given);
    if (target === undefined || bound.has(namedBy(given))) return [];
    const server = serverOf(checked, target.serverId);
    if (target.serverId !== undefined && server === undefined) return [];
    const shown = { ...target, ...(target.serverId && { serverId: shownReference(target.serverId) }) };
    const fault = bindingFault(shown, server && { ...server, isExpired: isExpired(server, nowMs) }, place);
    if (fault === undefined) return [];
    return [{ path: propertyPath(['targets', name]), message: `cannot be bound: ${fault.reason}`, code: fault.code }];
  });
}

/** The same of a group's members, which wait while their state forbids what place and type allow. */
export function memberEligibilityProblems(checked: Checked): Problem[] {
  const { program, olds, news } = checked;
  const place = placeOf(checked);
  const members = program.get('groups', news.groupId)?.members;
  if (place === undefined || hasSameParent(olds, news) || !isRecord(members)) return [];
  return Object.values(members).flatMap((serverId) => {
    const server = serverOf(checked, serverId);
    const fault = server && lastingFault(server, place);
    if (fault === undefined) return [];
    const message = `has a member that cannot be bound: server ${shownReference(String(serverId))} ${fault.reason}`;
    return [{ path: 'groupId', message, code: fault.code }];
  });
}

/** Undefined where it is not known. */
function placeOf({ program, news }: Checked): Place | undefined {
  const loadBalancer = loadBalancerOf(program, news);
  return loadBalancer && known(placeSchema, loadBalancer);
}

function serverOf({ program }: Checked, serverId: unknown) {
  const properties = program.get('backend-servers', serverId);
  return properties && known(backendServerSchema, properties);
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
