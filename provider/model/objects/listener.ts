// The properties of a listener: its port of a load balancer, its protocol, and how it treats its targets.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { isRecord } from '../base/record.ts';
import { certificateSchema } from './certificate.ts';
import { clientLimits } from './client-limits.ts';
import { type HealthCheckProperties, healthCheckSchema } from './health-check.ts';
import { cidr, mapKey, objectId, port, tags } from './network.ts';
import { ownerPatterns } from './owner-patterns.ts';
import { seconds, secondsOrZero } from './seconds.ts';
import { stickySessionSchema } from './sticky-session.ts';
import { wholeNumber } from './whole-number.ts';

export const MAX_CERTIFICATES = 256;

export const algorithm = z
  .enum(
    ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'],
    'must be "weighted-round-robin", "weighted-least-connections" or "source-ip-hash"',
  )
  .default('weighted-round-robin');

const limit = wholeNumber(1, 1_000_000);

const networks = z.array(cidr, 'must be a list of networks').max(256, 'must have at most 256 networks');

/** Limits for the HTTP connections to each target, of a listener or of a rule. */
export const targetConnectionLimits = {
  maxIdleTargetConnections: wholeNumber(0, 1_000_000).optional(),
  maxConnectionsPerTarget: limit.optional(),
};

const PROTOCOLS = ['TCP', 'UDP', 'HTTP', 'HTTPS'] as const;

export const listenerSchema = z.strictObject({
  loadBalancerId: objectId,
  protocol: z.enum(PROTOCOLS, 'must be "TCP", "UDP", "HTTP" or "HTTPS"'),
  port,
  /** The port of every target, for listeners of classic load balancers only. */
  backendPort: port.optional(),
  algorithm,
  /** The health check of the listener's targets. If it is unset, `healthCheckOf` gives the default. */
  healthCheck: healthCheckSchema.optional(),
  stickySession: stickySessionSchema.optional(),
  certificates: z
    .record(mapKey, certificateSchema, 'must be a map of certificates by name')
    // The number of certificates is limited, because each changed one blocks a worker's thread for about a millisecond,
    // and a thread that is blocked for 2 s is replaced.
    .refine((map) => Object.keys(map).length <= MAX_CERTIFICATES, `must have at most ${MAX_CERTIFICATES} certificates`)
    .optional(),
  /** Idle timeout in seconds. `undefined` means 900 for TCP, else 60. */
  idleTimeoutSeconds: seconds.optional(),
  requestTimeoutSeconds: seconds.default(60),
  requestBodyTimeoutSeconds: secondsOrZero.default(0),
  requestBodyMinRate: wholeNumber(0, 1_000_000_000).default(0),
  /** Idle timeout of tunnels and event streams in seconds, 0 for none. `undefined` means `idleTimeoutSeconds`. */
  tunnelIdleTimeoutSeconds: secondsOrZero.optional(),
  drainSeconds: secondsOrZero.default(0),
  /** How long the deletion of the listener waits for its open flows and exchanges. */
  awaitDrainSeconds: secondsOrZero.optional(),
  slowStartSeconds: secondsOrZero.default(0),
  maxConnections: limit.optional(),
  maxPendingRequests: limit.optional(),
  ...targetConnectionLimits,
  proxyProtocol: z.enum(['v1', 'v2'], 'must be "v1" or "v2"').optional(),
  /** Networks of senders that begin each connection with a PROXY header. */
  acceptProxyProtocol: networks.optional(),
  trustedProxies: networks.optional(),
  ...clientLimits,
  /** The stacks that may have rules and attachments below, beside those with which the load balancer is shared. */
  sharedWith: ownerPatterns.optional(),
  tags: tags.optional(),
});

export type ListenerProperties = z.infer<typeof listenerSchema>;

export function idleTimeoutSeconds(listener: Pick<ListenerProperties, 'idleTimeoutSeconds' | 'protocol'>): number {
  return listener.idleTimeoutSeconds ?? (listener.protocol === 'TCP' ? 900 : 60);
}

/**
 * The health check of a listener. UDP is not checked unless a check is given, because a healthy UDP target may never
 * respond.
 */
export function healthCheckOf(listener: Pick<ListenerProperties, 'healthCheck' | 'protocol'>): HealthCheckProperties {
  return listener.healthCheck ?? healthCheckSchema.parse(listener.protocol === 'UDP' ? { protocol: 'none' } : {});
}

/** The certificates of a listener in the order in which they are preferred, that of their names. */
export function orderedCertificates<T extends object>(
  certificates: Readonly<Record<string, T>>,
): (T & { readonly name: string })[] {
  return Object.entries(certificates)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, certificate]) => ({ name, ...certificate }));
}

export function isHttp(protocol: unknown): boolean {
  return protocol === 'HTTP' || protocol === 'HTTPS';
}

const HTTP_ONLY = [
  'maxPendingRequests',
  'maxIdleTargetConnections',
  'maxConnectionsPerTarget',
  'trustedProxies',
  'requestsPerSecond',
  'tunnelIdleTimeoutSeconds',
] as const;
/** Properties of HTTP listeners that other listeners may have with 0, their default. */
const HTTP_ONLY_ABOVE_0 = ['requestBodyTimeoutSeconds', 'requestBodyMinRate'] as const;

/**
 * Reports properties that the listener's protocol would ignore, because they are mistakes. An unknown property is
 * accepted, because it may turn out to be unset.
 */
export function listenerRules(
  input: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const { protocol, certificates, stickySession } = input;
  // A protocol that the schema refuses has no properties of its own.
  if (!isKnown(protocol) || !PROTOCOLS.some((name) => name === protocol)) return [];
  const problems: Problem[] = [];
  const refuse = (path: string, message: string) => problems.push({ path, message });
  const isGiven = (name: string) => input[name] !== undefined && isKnown(input[name]);
  if (protocol !== 'HTTPS' && isGiven('certificates')) refuse('certificates', 'is for HTTPS listeners only');
  const isEmpty = certificates === undefined || (isRecord(certificates) && Object.keys(certificates).length === 0);
  if (protocol === 'HTTPS' && isEmpty) refuse('certificates', 'is required for HTTPS: at least one certificate');
  for (const name of ['proxyProtocol', 'acceptProxyProtocol']) {
    if (protocol === 'UDP' && isGiven(name)) refuse(name, 'is not for UDP listeners');
  }
  if (isHttp(protocol)) return problems;
  for (const name of HTTP_ONLY) {
    if (isGiven(name)) refuse(name, 'is for HTTP and HTTPS listeners only');
  }
  for (const name of HTTP_ONLY_ABOVE_0) {
    if (isGiven(name) && input[name] !== 0) refuse(name, 'is for HTTP and HTTPS listeners only');
  }
  if (isRecord(stickySession) && stickySession.type === 'cookie') {
    refuse('stickySession.type', 'is "cookie", which is for HTTP and HTTPS listeners only');
  }
  return problems;
}
