// The properties of a listener: a port of a load balancer, its protocol and how it treats its targets.
import { z } from 'zod';
import { healthCheckSchema } from './health-check.ts';
import { objectId, port } from './network.ts';
import { seconds, secondsOrZero } from './seconds.ts';

export const listenerSchema = z.strictObject({
  loadBalancerId: objectId,
  protocol: z.enum(['TCP', 'HTTP'], 'must be "TCP" or "HTTP"'),
  port,
  /** Classic load balancers only: the port of every target. */
  backendPort: port.optional(),
  algorithm: z
    .enum(
      ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'],
      'must be "weighted-round-robin", "weighted-least-connections" or "source-ip-hash"',
    )
    .default('weighted-round-robin'),
  healthCheck: healthCheckSchema.prefault({}),
  /** Undefined: 60 for HTTP, 900 for TCP. */
  idleTimeoutSeconds: seconds.optional(),
  requestTimeoutSeconds: seconds.default(60),
  drainSeconds: secondsOrZero.default(0),
});

export type ListenerProperties = z.infer<typeof listenerSchema>;

export function idleTimeoutSeconds(listener: ListenerProperties): number {
  return listener.idleTimeoutSeconds ?? (listener.protocol === 'TCP' ? 900 : 60);
}
