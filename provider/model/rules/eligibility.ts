// Whether a server may take the traffic of a load balancer, and if not, which rule of the documents it breaks.

import type { ErrorCode } from '../base/errors.ts';
import type { BackendServerProperties, ServerKind } from '../objects/backend-server.ts';
import type { LoadBalancerProperties } from '../objects/load-balancer.ts';
import { kindOf, type Target } from '../objects/target-attachment.ts';

export interface Ineligibility {
  readonly code: ErrorCode;
  /** "is in region a, and the load balancer in b". */
  readonly reason: string;
}

/** A server as far as the rules look at it, with whether its `expiresAt` has passed. */
export type Candidate = Pick<
  BackendServerProperties,
  'region' | 'vpcId' | 'zoneId' | 'status' | 'bandwidthMbps' | 'isolated' | 'kind'
> & { readonly isExpired: boolean };

type PlaceName = 'region' | 'vpcId' | 'zoneId';

export type Place = Pick<LoadBalancerProperties, PlaceName | 'performance'>;

/**
 * Why a target may take none of the load balancer's traffic; undefined where it may. `server`: the one that it names.
 */
export function bindingFault(
  target: Pick<Target, 'serverId' | 'address' | 'type'>,
  server: (Candidate & Pick<BackendServerProperties, 'addresses'>) | undefined,
  loadBalancer: Place,
): Ineligibility | undefined {
  const { serverId, address } = target;
  const kind = kindOf(target);
  if (serverId === undefined) {
    const found = kindFault(kind, loadBalancer);
    return found && { ...found, reason: `it ${found.reason}` };
  }
  if (server === undefined) return { code: 'InvalidParameter', reason: `there is no server ${serverId}` };
  const fault = (code: ErrorCode, reason: string) => ({ code, reason: `server ${serverId} ${reason}` });
  if (server.kind !== kind) {
    return fault('InvalidParameter', `is of type "${server.kind}", which the target must name, and not "${kind}"`);
  }
  if (address !== undefined && !server.addresses.includes(address)) {
    return fault('InvalidParameter', `has no address ${address}: it has ${server.addresses.join(', ')}`);
  }
  const found = ineligibility(server, loadBalancer);
  return found && fault(found.code, found.reason);
}

/** The first rule that the server breaks, those that time does not heal before those that it may. */
export function ineligibility(server: Candidate, loadBalancer: Place): Ineligibility | undefined {
  return lastingFault(server, loadBalancer) ?? stateFault(server);
}

/** Of what time does not heal: a member of a group that has none waits for its state to allow it. */
export function lastingFault(
  server: Pick<Candidate, 'kind' | PlaceName>,
  loadBalancer: Place,
): Ineligibility | undefined {
  return placeFault(server, loadBalancer) ?? kindFault(server.kind, loadBalancer);
}

/** Of what stays as long as server and load balancer are where they are; one that doesn't name its place takes any. */
function placeFault(server: Pick<Candidate, PlaceName>, loadBalancer: Place): Ineligibility | undefined {
  const { region, vpcId, zoneId } = loadBalancer;
  if (region !== undefined && region !== server.region) {
    return { code: 'NetworkConflict', reason: `is in region ${server.region}, and the load balancer in ${region}` };
  }
  if (vpcId !== undefined && vpcId !== server.vpcId) {
    return { code: 'NetworkConflict', reason: `is in VPC ${server.vpcId}, and the load balancer in ${vpcId}` };
  }
  if (zoneId !== undefined && server.zoneId !== undefined && zoneId !== server.zoneId) {
    return { code: 'Mismatched.ZoneId', reason: `is in zone ${server.zoneId}, and the load balancer in ${zoneId}` };
  }
  return undefined;
}

/** Interfaces and containers need a load balancer of high performance. */
function kindFault(kind: ServerKind, { performance }: Place): Ineligibility | undefined {
  if (kind === 'ecs' || performance === 'guaranteed') return undefined;
  const reason = `is of type ${kind}, which takes a load balancer of performance "guaranteed", not "${performance}"`;
  return { code: 'OperationUnsupported.AddBackendServers', reason };
}

/** Of what the server's operator, or time, can change. */
function stateFault(server: Candidate): Ineligibility | undefined {
  if (server.status === 'Starting') return { code: 'BackendServerProcessing', reason: 'is Starting: try again later' };
  const reason = stateReason(server);
  return reason === undefined ? undefined : { code: 'IncorrectStatus.RSByPassToas', reason };
}

function stateReason({ status, isolated, isExpired, bandwidthMbps }: Candidate): string | undefined {
  if (status !== 'Running') return `is ${status}, not Running`;
  if (isolated) return 'is isolated';
  if (isExpired) return 'has expired';
  if (bandwidthMbps === 0) return 'has a bandwidth of 0';
  return undefined;
}
