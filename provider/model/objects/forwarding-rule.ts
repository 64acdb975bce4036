// The properties of a forwarding rule: the requests of an HTTP listener that it takes, and how it balances them.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { healthCheckSchema } from './health-check.ts';
import { algorithm, targetConnectionLimits } from './listener.ts';
import { objectId, tags } from './network.ts';
import { ownerPatterns } from './owner-patterns.ts';
import { stickySessionSchema } from './sticky-session.ts';
import { text } from './text.ts';

const LABEL = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
const HOST = new RegExp(`^(\\*\\.)?${LABEL}(\\.${LABEL})*\\.?$`);
/** Dot segments (RFC 3986 section 3.3), escaped or not. */
const DOT_SEGMENT = /\/(\.|%2e){1,2}(\/|$)/i;
const IPV6_HOST = /^\[[0-9A-Fa-f:.]{2,45}\]$/;

/** The signs of a wildcard, a query or a regular expression. Other load balancers take some of them for paths. */
const PATTERN = /\.[*+]|[*?^[\]{}|\\]|\$$|^~/;

export const forwardingRuleSchema = z.strictObject({
  listenerId: objectId,
  host: text('must be a host name', 255)
    .refine(
      (value) => HOST.test(value) || IPV6_HOST.test(value),
      'must be a host name without port; it may begin with "*."',
    )
    .optional(),
  // A path of RFC 3986 section 3.3. A query or fragment is not matched.
  path: text('must be a path', 1024)
    .refine((value) => !PATTERN.test(value), { error: ({ input }) => patternAdvice(String(input)) })
    .regex(/^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/, 'must begin with "/" and have no spaces, no "?" and no "#"')
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

/** The message for a path that is a pattern or has a query. It names the path that matches the most of it. */
function patternAdvice(path: string): string {
  const start = path.replace(/^[~^*\s]+|^[a-z]+:\/\/[^/]*/, '').replace(/^(?=[A-Za-z0-9])/, '/');
  const [sign = ''] = PATTERN.exec(path) ?? [];
  const at = start.search(PATTERN);
  const before = at === -1 ? start : start.slice(0, at);
  // Text before a sign in the middle of a segment is no whole segment, unless the sign ends the path or begins a query.
  const isWhole = at === -1 || /^(\.?[*+]|\$|\?([^/.]*|[^?]*=.*))$/.test(start.slice(at));
  const whole = (isWhole ? before : before.slice(0, before.lastIndexOf('/'))).replace(/[(/]+$/, '');
  const prefix = JSON.stringify(whole.startsWith('/') ? whole : '/').slice(1, -1);
  return `has ${JSON.stringify(sign)}, and neither patterns nor queries are matched: use path ${prefix} with pathMatch prefix`;
}

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
