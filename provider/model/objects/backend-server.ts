// The properties of a backend server: where it stands and whether it may take traffic, as its operator says it.
import { z } from 'zod';
import { ipAddress, placeName } from './network.ts';
import { hasPassed, time } from './time.ts';

const MAX_ADDRESSES = 64;

/** What does the work: an instance, a network interface or a container instance. */
export const serverKind = z.enum(['ecs', 'eni', 'eci'], 'must be "ecs", "eni" or "eci"');

type ServerKind = z.infer<typeof serverKind>;

export const DEFAULT_SERVER_KIND: ServerKind = 'ecs';

export const backendServerSchema = z.strictObject({
  region: placeName,
  vpcId: placeName,
  zoneId: placeName.optional(),
  /** The first one is that of targets which name none. */
  addresses: z
    .array(ipAddress, 'must be a list of IPv4 or IPv6 addresses')
    .min(1, 'has at least one address')
    .max(MAX_ADDRESSES, `has at most ${MAX_ADDRESSES} addresses`),
  status: z
    .enum(['Running', 'Starting', 'Stopping', 'Stopped'], 'must be "Running", "Starting", "Stopping" or "Stopped"')
    .default('Running'),
  bandwidthMbps: z.number('must be a number from 0').min(0, 'must be a number from 0').optional(),
  expiresAt: time.optional(),
  isolated: z.boolean('must be true or false').default(false),
  kind: serverKind.default(DEFAULT_SERVER_KIND),
});

type BackendServerProperties = z.infer<typeof backendServerSchema>;

export function isExpired({ expiresAt }: Pick<BackendServerProperties, 'expiresAt'>, nowMs: number): boolean {
  return hasPassed(expiresAt, nowMs);
}
