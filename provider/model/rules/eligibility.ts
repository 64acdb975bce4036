// Eligibility: whether a target may take a load balancer's traffic, and else which of the clouds' rules it breaks.
import type { ErrorCode, Problem } from '../base/errors.ts';
import { propertyPath } from '../base/property-path.ts';
import { shownReference } from '../base/urn.ts';
import { DEFAULT_SERVER_KIND } from '../objects/backend-server.ts';
import type { AttachmentFields, Lookup, ObjectFields } from './lookup.ts';
import { loadBalancerIdOf } from './parents.ts';
import { newTargets, type TargetFields, wantedTargets } from './targets.ts';

interface Ineligibility {
  readonly code: ErrorCode;
  /** The fault as a text, such as "server i-1 is in region a, and the load balancer in b". */
  readonly reason: string;
}

type Server = ObjectFields<'backend-servers'>;
type LoadBalancer = ObjectFields<'load-balancers'>;

/**
 * Reports targets that an attachment newly binds although they are not eligible. A bound target stays bound, whatever
 * happens to its server.
 */
export function bindingProblems(
  lookup: Lookup,
  next: Extract<AttachmentFields, { kind: 'attachments' }>,
  before: AttachmentFields | undefined,
): Problem[] {
  const loadBalancer = lookup.get('load-balancers', loadBalancerIdOf(lookup, next.properties));
  if (loadBalancer === undefined) return [];
  return newTargets(lookup, next, before).flatMap(([name, target]) => {
    const fault = targetFault(lookup, target, loadBalancer);
    if (fault === undefined) return [];
    return [{ path: propertyPath(['targets', name]), message: `cannot be bound: ${fault.reason}`, code: fault.code }];
  });
}

export interface MemberFault extends Ineligibility {
  /** The member's name in its group. */
  readonly name: string;
}

/**
 * Members of an attached auto scaling group that cannot be bound whatever the state of their servers. A member that
 * only its server's state excludes is left out, because the runtime binds it as soon as that state allows it.
 */
export function memberFaults(
  lookup: Lookup,
  attachment: Extract<AttachmentFields, { kind: 'group-attachments' }>,
  isNew: (name: string, serverId: unknown) => boolean,
): MemberFault[] {
  const loadBalancer = lookup.get('load-balancers', loadBalancerIdOf(lookup, attachment.properties));
  if (loadBalancer === undefined) return [];
  return wantedTargets(lookup, attachment).flatMap(([name, { serverId }]) => {
    const server = isNew(name, serverId) ? lookup.get('backend-servers', serverId) : undefined;
    const fault = server && lastingFault(lookup, server, loadBalancer);
    return fault === undefined ? [] : [{ name, ...ofServer(serverId, fault) }];
  });
}

/**
 * Why a target must not take traffic of the load balancer. Returns `undefined` if the target may take traffic, or if
 * that is not known.
 */
export function targetFault(
  lookup: Lookup,
  { serverId, address, type = DEFAULT_SERVER_KIND }: TargetFields,
  loadBalancer: LoadBalancer,
): Ineligibility | undefined {
  if (!lookup.isKnown(type)) return undefined;
  if (serverId === undefined) {
    const fault = kindFault(lookup, type, loadBalancer);
    return fault && { ...fault, reason: `it ${fault.reason}` };
  }
  const server = lookup.get('backend-servers', serverId);
  if (server === undefined) return undefined;
  const fault =
    namingFault(lookup, { address, type }, server) ??
    lastingFault(lookup, server, loadBalancer) ??
    stateFault(lookup, server, serverId);
  return fault && ofServer(serverId, fault);
}

function ofServer(serverId: unknown, { code, reason }: Ineligibility): Ineligibility {
  return { code, reason: `server ${shownReference(String(serverId))} ${reason}` };
}

/** The fault of a target that names another type than its server's, or an address that its server does not have. */
function namingFault(lookup: Lookup, { address, type }: TargetFields, server: Server): Ineligibility | undefined {
  if (isOther(lookup, server.kind, type)) {
    const reason = `is of type "${server.kind}", which the target must name, and not "${type}"`;
    return { code: 'InvalidParameter', reason };
  }
  const { addresses } = server;
  if (address === undefined || !lookup.isKnown(address) || !Array.isArray(addresses)) return undefined;
  if (!addresses.every((each) => lookup.isKnown(each)) || addresses.includes(address)) return undefined;
  return { code: 'InvalidParameter', reason: `has no address ${address}: it has ${addresses.join(', ')}` };
}

/** The first fault of a server that lasts: neither time nor a change of the server's state ends it. */
function lastingFault(lookup: Lookup, server: Server, loadBalancer: LoadBalancer): Ineligibility | undefined {
  return placeFault(lookup, server, loadBalancer) ?? kindFault(lookup, server.kind, loadBalancer);
}

/**
 * The fault of a server in another region, VPC or zone than its load balancer. A load balancer without a region accepts
 * servers of any region; the same holds for VPC and zone.
 */
function placeFault(
  lookup: Lookup,
  server: Server,
  { region, vpcId, zoneId }: LoadBalancer,
): Ineligibility | undefined {
  if (isOther(lookup, region, server.region)) {
    return { code: 'NetworkConflict', reason: `is in region ${server.region}, and the load balancer in ${region}` };
  }
  if (isOther(lookup, vpcId, server.vpcId)) {
    return { code: 'NetworkConflict', reason: `is in VPC ${server.vpcId}, and the load balancer in ${vpcId}` };
  }
  if (isOther(lookup, zoneId, server.zoneId)) {
    return { code: 'Mismatched.ZoneId', reason: `is in zone ${server.zoneId}, and the load balancer in ${zoneId}` };
  }
  return undefined;
}

/** The fault of a network interface or container instance under a load balancer without guaranteed performance. */
function kindFault(lookup: Lookup, kind: unknown, { performance }: LoadBalancer): Ineligibility | undefined {
  if (!lookup.isKnown(kind) || kind === DEFAULT_SERVER_KIND) return undefined;
  if (!lookup.isKnown(performance) || performance === 'guaranteed') return undefined;
  const reason = `is of type ${kind}, which takes a load balancer of performance "guaranteed", not "${performance}"`;
  return { code: 'OperationUnsupported.AddBackendServers', reason };
}

/** The fault in a server's present state, such as a stopped server. Its operator or the passing of time can end it. */
function stateFault(lookup: Lookup, server: Server, serverId: unknown): Ineligibility | undefined {
  if (server.status === 'Starting') return { code: 'BackendServerProcessing', reason: 'is Starting: try again later' };
  const reason = stateReason(lookup, server, serverId);
  return reason === undefined ? undefined : { code: 'IncorrectStatus.RSByPassToas', reason };
}

/** Why the server takes no traffic in its present state. Returns `undefined` if its state lets it take traffic. */
export function stateReason(
  lookup: Lookup,
  { status, isolated, bandwidthMbps }: Server,
  serverId: unknown,
): string | undefined {
  if (isOther(lookup, status, 'Running')) return `is ${status}, not Running`;
  if (isolated === true) return 'is isolated';
  if (lookup.hasExpired(serverId)) return 'has expired';
  if (bandwidthMbps === 0) return 'has a bandwidth of 0';
  return undefined;
}

/** Whether two names of regions, networks or zones differ. Returns false if one of them is not known. */
function isOther(lookup: Lookup, a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && a !== b && lookup.isKnown(a) && lookup.isKnown(b);
}
