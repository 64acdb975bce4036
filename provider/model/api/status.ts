// What a runtime says of itself: what it serves, by which data planes, and whether it runs and is ready.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';

const health = z.enum(HEALTH_STATES);

export const statusResponse = z.object({
  version: z.number(),
  engines: z.array(
    z.object({ name: z.string(), desired: z.number(), acked: z.number(), lastError: z.string().nullable() }),
  ),
  workers: z.array(z.object({ id: z.number(), version: z.number(), connections: z.number(), restarts: z.number() })),
  listeners: z.array(
    z.object({
      id: z.string(),
      endpoint: z.string(),
      /** True: another listener serves its VIP:port. */
      isWaiting: z.boolean().optional(),
      lastError: z.string().optional(),
      targets: z.array(
        z.object({
          attachment: z.string(),
          rule: z.string().optional(),
          name: z.string(),
          address: z.string(),
          port: z.number(),
          weight: z.number(),
          health,
          /** Why it takes no traffic, or less than its weight, where the health does not say it. */
          reason: z.string().optional(),
          lastError: z.string().optional(),
          lastCheckAt: z.iso.datetime().optional(),
          /** Since when it has its health, and what it had before: the last 10 changes since the runtime's start, newest first. */
          history: z.array(z.object({ at: z.iso.datetime(), health, error: z.string().optional() })),
          requests: z.number(),
          activeConnections: z.number(),
          draining: z.number(),
        }),
      ),
    }),
  ),
});

export type StatusResponse = z.infer<typeof statusResponse>;

/** Of `/healthz` and `/readyz`. */
export const stateResponse = z.object({ status: z.string() });
