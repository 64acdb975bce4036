// The properties of a forwarding rule: the requests of an HTTP listener that it takes, and how it balances them.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { healthCheckSchema } from './health-check.ts';
import { hostAdvice } from './host-advice.ts';
import { algorithm, targetConnectionLimits } from './listener.ts';
import { objectId, tags } from './network.ts';
import { ownerPatterns } from './owner-patterns.ts';
import { isPattern, pathAdvice, patternAdvice } from './path-advice.ts';
import { stickySessionSchema } from './sticky-session.ts';
import { text } from './text.ts';

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*\\.?$`);
/** Dot segments (RFC 3986 section 3.3), escaped or not. */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;
const IPV6_HOST = /^\[[0-9A-Fa-f:.]{2,45}\]$/;

function isHost(text: string): boolean {
  return HOST.test(text) || IPV6_HOST.test(text);
}

export const forwardingRuleSchema = z.strictObject({
  listenerId: objectId,
  host: text('must be a host name', 255)
    .refine(isHost, {
      error: ({ input }) =>
        `must be a host name without port; it may begin with "*."${hostAdvice(String(input), isHost, 'leave host out for every host')}`,
    })
    .optional(),
  // A path of RFC 3986 section 3.3. A query or fragment is not matched.
  path: text('must be a path', 1024)
    .refine((value) => !isPattern(value), { error: ({ input }) => patternAdvice(String(input)) })
    .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, {
      error: ({ input }) => `must begin with "/" and have no spaces, no "?" and no "#"${pathAdvice(String(input))}`,
    })
    .refine(
      (value) => !DOT_SEGMENT.test(value),
      'must not have dot segments: paths of requests have none when they are matched',
    )
    .optional(),
  pathMatch: z.enum(['prefix', 'exact'], 'must be "prefix" or "exact"').default('prefix'),
  algorithm,
  healthCheck: healthCheckSchema.prefault({}),
  stickySession: stickySessionSchema.optional(),
  ...targetConnectionLimits,
  /** The stacks that may bind targets to the rule, beside those with which the listener is shared. */
  sharedWith: ownerPatterns.optional(),
  tags: tags.optional(),
});

export type ForwardingRuleProperties = z.infer<typeof forwardingRuleSchema>;

export function forwardingRuleRules(input: Readonly<Record<string, unknown>>): Problem[] {
  if (input.path !== undefined) return [];
  const problems: Problem[] = [];
  if (input.host === undefined) {
    const message =
      'is required if there is no path: requests that match no rule go to the targets of the listener itself';
    problems.push({ path: 'host', message });
  }
  if (input.pathMatch === 'exact') problems.push({ path: 'pathMatch', message: 'is "exact", which needs a path' });
  return problems;
}
