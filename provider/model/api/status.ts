// The status of a runtime: its listeners, targets, workers and data planes, and whether it runs and is ready.
import { z } from 'zod';
import { HEALTH_STATES } from '../base/health.ts';
import { SHORT_RESOURCES } from '../base/short-resource.ts';
import { leaseShape } from './lease.ts';

const health = z.enum(HEALTH_STATES);
/** Tags by name; left out if there are none, if the caller may not read the object, or by an earlier release. */
const tags = z.record(z.string(), z.string()).optional();
/**
 * The stack that owns the object, as PROJECT/STACK; left out if no stack owns it, if the caller may not read the object,
 * or by an earlier release.
 */
const stack = z.string().optional();

/** Messages for the operator; left out if there are none, or by an earlier release. */
const warnings = z.array(z.string()).optional();
/** When a certificate expires, or the first one of its chain. */
const notAfter = z.iso.datetime();

export const statusResponse = z.object({
  version: z.number(),
  /** The certificate of the API. Left out if the API has none, or by an earlier release. */
  apiCertificate: z.object({ notAfter, warnings }).optional(),
  engines: z.array(
    z.object({ name: z.string(), desired: z.number(), acked: z.number(), lastError: z.string().nullable() }),
  ),
  /** Resources that the runtime has lacked to connect to targets. A shortage leaves the health of targets as it is. */
  shortages: z
    .array(
      z.object({
        resource: z.enum(SHORT_RESOURCES),
        /** Number of checks, connections and datagrams that could not be begun since the start of the runtime. */
        count: z.number(),
        lastError: z.string(),
        lastAt: z.iso.datetime(),
      }),
    )
    // The status of an earlier release has no shortages.
    .optional(),
  workers: z.array(z.object({ id: z.number(), version: z.number(), connections: z.number(), restarts: z.number() })),
  listeners: z.array(
    z.object({
      id: z.string(),
      endpoint: z.string(),
      tags,
      /** Left out if the caller may not read the load balancer. */
      loadBalancer: z.object({ id: z.string(), tags, stack }).optional(),
      stack,
      /** The name of the listener's resource in its stack. */
      resource: z.string().optional(),
      /** The forwarding rules that the caller may read. An earlier release leaves them out. */
      rules: z
        .array(
          z.object({
            id: z.string(),
            host: z.string().optional(),
            path: z.string().optional(),
            pathMatch: z.enum(['prefix', 'exact']),
            /** What the rule itself responds. Left out for a rule with targets, and by an earlier release. */
            action: z.enum(['redirect', 'fixedResponse']).optional(),
            stack,
            /** Whether an attachment binds to the rule. Without one, the rule takes no requests unless it has an action. */
            isAttached: z.boolean(),
          }),
        )
        .optional(),
      /** Counts since the listener exists; left out if the caller may not read it, or if it is not served. */
      traffic: z
        .object({
          /** Accepted connections; of a UDP listener sessions. */
          connections: z.number(),
          openConnections: z.number(),
          /** Those above `maxConnections` and `connectionsPerSecond`. */
          rejectedConnections: z.number(),
          /** The requests of an HTTP or HTTPS listener, and its responses with a status of 500 or above. */
          requests: z.number(),
          errorResponses: z.number(),
          /** Connections, requests and datagrams of clients that may not use the listener. Left out by an earlier release. */
          denied: z.number().optional(),
          /** Requests above `requestsPerSecond`. Left out by an earlier release. */
          limitedRequests: z.number().optional(),
        })
        .optional(),
      /** Whether another listener serves the VIP and port of this listener. */
      isWaiting: z.boolean().optional(),
      lastError: z.string().optional(),
      warnings,
      /** Left out if the caller may not read the listener, or if the listener has none. */
      certificates: z.array(z.object({ name: z.string(), notAfter })).optional(),
      targets: z.array(
        z.object({
          /** Left out if the caller may not read the attachment: that of a load balancer may be another team's. */
          attachment: z.string().optional(),
          /** The stack of the attachment. */
          stack,
          rule: z.string().optional(),
          name: z.string(),
          /** The tags of the target's rule, attachment, auto scaling group and server; of one name, the last of them. */
          tags,
          /** Set if the target has tags for which the response has no room. */
          areTagsOmitted: z.boolean().optional(),
          address: z.string(),
          port: z.number(),
          weight: z.number(),
          health,
          /** Why the target takes no traffic, or less than its weight, unless its health already says why. */
          reason: z.string().optional(),
          lastError: z.string().optional(),
          /** The lease of a group's member; left out if it has none, or if the caller may not read the attachment. */
          lease: leaseShape.optional(),
          lastCheckAt: z.iso.datetime().optional(),
          /**
           * The last 10 changes of the target's health since the start of the runtime, newest first. The first entry is
           * the present health.
           */
          history: z.array(z.object({ at: z.iso.datetime(), health, error: z.string().optional() })),
          requests: z.number(),
          activeConnections: z.number(),
          draining: z.number(),
          /** The target's responses with a status of 500 or above. */
          errorResponses: z.number().optional(),
          /** Connects to the target that failed. `requests` does not include them. */
          failedConnects: z.number().optional(),
        }),
      ),
    }),
  ),
});

export type StatusResponse = z.infer<typeof statusResponse>;

/** The response of `/healthz` and `/readyz`. */
export const stateResponse = z.object({ status: z.string() });
