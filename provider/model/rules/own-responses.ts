// Forwarding rules that respond themselves: they have no targets, and a redirect never leads to where it came from.
import type { Problem } from '../base/errors.ts';
import { isRecord } from '../base/record.ts';
import { hostKey, pathKey } from '../base/route-key.ts';
import type { ParentFields } from '../objects/parent.ts';
import { ownResponseName } from '../objects/rule-actions.ts';
import type { Lookup, ObjectFields } from './lookup.ts';

/** Reports an attachment to a rule that responds itself. */
export function ownResponseProblems(lookup: Lookup, { ruleId }: ParentFields): Problem[] {
  const rule = ruleId === undefined ? undefined : lookup.get('rules', ruleId);
  const name = rule && ownResponseName(rule);
  if (name === undefined) return [];
  const message = `names a rule that has a ${name}, and so takes no targets: leave one of the two out`;
  return [{ path: 'ruleId', message, code: 'OperationFailed.ActionNotSupport' }];
}

/**
 * Reports a redirect of which every request plainly leads to the same URL again. The runtime finds the others, which
 * depend on the request.
 */
export function circleProblems(lookup: Lookup, rule: ObjectFields<'rules'>): Problem[] {
  const { redirect } = rule;
  if (!isRecord(redirect)) return [];
  const listener = lookup.get('listeners', rule.listenerId);
  const isSame = [
    isUnchanged(redirect.protocol, listener?.protocol, ''),
    isUnchanged(redirect.port, undefined, '{port}') ||
      (redirect.port === listener?.port && redirect.port !== undefined),
    isUnchanged(redirect.host, literal(rule.host, hostKey), '{host}', hostKey),
    isUnchanged(redirect.path, rule.pathMatch === 'exact' ? literal(rule.path, pathKey) : undefined, '{path}', pathKey),
    isUnchanged(redirect.query, undefined, '{query}'),
  ];
  if (!isSame.every((part) => part)) return [];
  const message = 'leads to the URL that was requested: give it another protocol, host, port, path or query';
  return [{ path: 'redirect', message }];
}

/**
 * Whether a part of the redirect leaves that part of each request as it is. `present`: the one value that the part of
 * each request has, or `undefined` if requests have several. A value that is not known is a change.
 */
function isUnchanged(
  value: unknown,
  present: unknown,
  placeholder: string,
  keyOf: (text: string) => string = (text) => text,
): boolean {
  if (value === undefined || value === placeholder) return true;
  return typeof value === 'string' && present !== undefined && keyOf(value) === present;
}

/** The one host or path that a rule matches. Returns `undefined` if there are several, or if it is not known. */
function literal(value: unknown, keyOf: (text: string) => string): string | undefined {
  return typeof value === 'string' && !value.startsWith('*') ? keyOf(value) : undefined;
}
