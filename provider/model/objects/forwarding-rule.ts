// The properties of a forwarding rule: which requests of an HTTP listener go to targets of their own, and how.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { healthCheckSchema } from './health-check.ts';
import { algorithm } from './listener.ts';
import { objectId } from './network.ts';
import { stickySessionSchema } from './sticky-session.ts';

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*\\.?$`);
/** RFC 3986 section 3.3, escaped or not. */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;
const IPV6_HOST = /^\[[0-9A-Fa-f:.]{2,45}\]$/;

export const forwardingRuleSchema = z.strictObject({
  listenerId: objectId,
  host: z
    .string('must be a host name')
    .max(255, 'has at most 255 characters')
    .refine(
      (value) => HOST.test(value) || IPV6_HOST.test(value),
      'must be a host name without port; it may begin with "*."',
    )
    .optional(),
  // RFC 3986 section 3.3; a query or fragment is no part of what is matched.
  path: z
    .string('must be a path')
    .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, 'must begin with "/" and have no spaces, no "?" and no "#"')
    .max(1024, 'has at most 1024 characters')
    .refine((value) => !DOT_SEGMENT.test(value), 'must not have dot segments: no request has any when it is matched')
    .optional(),
  pathMatch: z.enum(['prefix', 'exact'], 'must be "prefix" or "exact"').default('prefix'),
  algorithm,
  healthCheck: healthCheckSchema.prefault({}),
  stickySession: stickySessionSchema.optional(),
});

export type ForwardingRuleProperties = z.infer<typeof forwardingRuleSchema>;

export function forwardingRuleRules(input: Readonly<Record<string, unknown>>): Problem[] {
  if (input.path !== undefined) return [];
  const problems: Problem[] = [];
  if (input.host === undefined) {
    const message =
      'is required where there is no path: what no rule matches goes to the targets of the listener itself';
    problems.push({ path: 'host', message });
  }
  if (input.pathMatch === 'exact') problems.push({ path: 'pathMatch', message: 'is "exact", and there is no path' });
  return problems;
}
