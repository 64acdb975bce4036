// The rewriting of requests by a rule: another Host, and another path in place of the one that the rule matched. Pure.
import { pathKey, prefixKey } from '../../../../model/base/route-key.ts';
import type { RewriteSnapshot } from '../../../contract/rule-actions.ts';
import type { Request } from '../message/request.ts';
import type { FieldEdits } from './field-edits.ts';

/** The Host line of a head, of which a request has one. */
const HOST_LINE = /^host:.*\r\n/im;

/** The head that the target gets instead of the request's. Field edits come after the rewriting. */
export function rewrittenHead(
  { head, method, target }: Request,
  rewrite: RewriteSnapshot | undefined,
  edits: FieldEdits | undefined,
): string {
  const fieldsAt = head.indexOf('\r\n') + 2;
  let fields = head.slice(fieldsAt, -2);
  if (rewrite?.host !== undefined) fields = fields.replace(HOST_LINE, () => `Host: ${rewrite.host}\r\n`);
  if (edits !== undefined) fields = edits.apply(fields);
  const line =
    rewrite?.path === undefined
      ? head.slice(0, fieldsAt)
      : `${method} ${rewrittenTarget(target, rewrite.path, rewrite.matched)} HTTP/1.1\r\n`;
  return `${line}${fields}\r\n`;
}

/**
 * The target with `path` in place of what the longest matching path of the rule matched. The rest of the path and the
 * query stay as they were sent.
 */
export function rewrittenTarget(target: string, path: string, matched: RewriteSnapshot['matched']): string {
  const queryAt = target.indexOf('?');
  const end = queryAt === -1 ? target.length : queryAt;
  const sent = target.slice(0, end);
  const key = pathKey(sent);
  let length = -1;
  for (const rule of matched) {
    const isExact = rule.pathMatch === 'exact';
    if (isExact && pathKey(rule.path) === key) length = end;
    if (!isExact && isWithin(key, prefixKey(rule.path))) length = Math.max(length, endOfSegments(sent, rule.path));
  }
  if (length === -1) return target;
  const rest = sent.slice(length);
  // The rest of the path begins with a slash, unless it is empty.
  return `${rest === '' ? path : prefixOf(path) + rest}${target.slice(end)}`;
}

function isWithin(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && (key.length === prefix.length || key[prefix.length] === '/');
}

function prefixOf(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/**
 * Where the segments of a rule's path end in a path that it matches. Escapes may be spelt in other ways, but both have
 * as many slashes.
 */
function endOfSegments(sent: string, path: string): number {
  let at = 0;
  for (let left = prefixOf(path).split('/').length - 1; left > 0 && at !== -1; left--) at = sent.indexOf('/', at + 1);
  return at === -1 ? sent.length : at;
}
