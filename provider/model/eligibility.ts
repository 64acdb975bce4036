// Whether a server may take the traffic of a load balancer, and if not, which rule of the documents it breaks.
import type { BackendServerProperties, ServerKind } from './backend-server.ts';
import type { ErrorCode } from './errors.ts';
import type { LoadBalancerProperties } from './load-balancer.ts';

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

export type Place = Pick<LoadBalancerProperties, 'region' | 'vpcId' | 'zoneId' | 'performance'>;

/** The first rule that the server breaks, those that time does not heal before those that it may. */
export function ineligibility(server: Candidate, loadBalancer: Place): Ineligibility | undefined {
  return placeFault(server, loadBalancer) ?? kindFault(server.kind, loadBalancer) ?? stateFault(server);
}

/** Of what stays as long as server and load balancer are where they are; one that doesn't name its place takes any. */
export function placeFault(server: Candidate, loadBalancer: Place): Ineligibility | undefined {
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
export function kindFault(kind: ServerKind, { performance }: Place): Ineligibility | undefined {
  if (kind === 'ecs' || performance === 'guaranteed') return undefined;
  const reason = `is of type ${kind}, which takes a load balancer of performance "guaranteed", not "${performance}"`;
  return { code: 'OperationUnsupported.AddBackendServers', reason };
}

/** Of what the server's operator, or time, can change. */
export function stateFault(server: Candidate): Ineligibility | undefined {
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
