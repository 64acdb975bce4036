// The properties of a backend server: its place in the network, and whether its operator lets it take traffic.
import { z } from 'zod';
import { placeName, tags, targetAddress } from './network.ts';
import { hasPassed, time } from './time.ts';

const MAX_ADDRESSES = 64;

/** The kinds of server: an instance ("ecs"), a network interface ("eni") or a container instance ("eci"). */
export const serverKind = z.enum(['ecs', 'eni', 'eci'], 'must be "ecs", "eni" or "eci"');

type ServerKind = z.infer<typeof serverKind>;

export const DEFAULT_SERVER_KIND: ServerKind = 'ecs';

export const backendServerSchema = z.strictObject({
  region: placeName,
  vpcId: placeName,
  zoneId: placeName.optional(),
  /** The addresses of the server. A target that names no address uses the first one. */
  addresses: z
    .array(targetAddress, 'must be a list of IPv4 or IPv6 addresses')
    .min(1, 'must have at least one address')
    .max(MAX_ADDRESSES, `must have at most ${MAX_ADDRESSES} addresses`),
  status: z
    .enum(['Running', 'Starting', 'Stopping', 'Stopped'], 'must be "Running", "Starting", "Stopping" or "Stopped"')
    .default('Running'),
  bandwidthMbps: z.number('must be a number from 0').min(0, 'must be a number from 0').optional(),
  expiresAt: time.optional(),
  isolated: z.boolean('must be true or false').default(false),
  kind: serverKind.default(DEFAULT_SERVER_KIND),
  tags: tags.optional(),
});

type BackendServerProperties = z.infer<typeof backendServerSchema>;

export function isExpired({ expiresAt }: Pick<BackendServerProperties, 'expiresAt'>, nowMs: number): boolean {
  return hasPassed(expiresAt, nowMs);
}
