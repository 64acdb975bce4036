// The properties of a forwarding rule: the requests of an HTTP listener that it takes, and how it balances them.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { healthCheckSchema } from './health-check.ts';
import { hostAdvice } from './host-advice.ts';
import { isHost } from './host-name.ts';
import { algorithm, targetConnectionLimits } from './listener.ts';
import { objectId, tags } from './network.ts';
import { ownerPatterns } from './owner-patterns.ts';
import { ruleActionShape } from './rule-actions.ts';
import { rulePath } from './rule-path.ts';
import { stickySessionSchema } from './sticky-session.ts';
import { text } from './text.ts';

export const forwardingRuleSchema = z.strictObject({
  listenerId: objectId,
  host: text('must be a host name', 255)
    .refine(isHost, {
      error: ({ input }) =>
        `must be a host name without port; it may begin with "*."${hostAdvice(String(input), isHost, 'leave host out for every host')}`,
    })
    .optional(),
  path: rulePath.optional(),
  pathMatch: z.enum(['prefix', 'exact'], 'must be "prefix" or "exact"').default('prefix'),
  algorithm,
  healthCheck: healthCheckSchema.prefault({}),
  stickySession: stickySessionSchema.optional(),
  ...targetConnectionLimits,
  ...ruleActionShape,
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
