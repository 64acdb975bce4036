// The line of a preview that shows a change of an attachment's targets or of an auto scaling group's members.
import { inOneLine } from '../model/base/one-line.ts';
import { targetKey } from '../model/base/target-key.ts';
import type { IsKnown } from '../model/base/unknown.ts';
import type { MembershipChange, TargetValues, Value } from '../model/rules/membership.ts';

/** The largest number of changes that one line of the preview shows. Further changes are only counted. */
const MAX_CHANGES_SHOWN = 10;

const NOT_KNOWN = '(known after up)';

/**
 * The preview's line for the targets of an attachment, such as `web: bind b5 10.0.0.5:80 w50 · unbind b3 · weight b2
 * 20→25`. Returns `undefined` if no target changes.
 */
export function membershipLine(attachment: string, changes: readonly MembershipChange[] | undefined) {
  if (changes === undefined) return `${attachment}: targets ${NOT_KNOWN}`;
  return changeLine(attachment, changes.map(describe));
}

/**
 * The preview's line for the members of an auto scaling group, such as `web: join i-5 · leave i-3`. Returns `undefined`
 * if no member changes, or if the program stops naming members, which then stay.
 */
export function memberLine(group: string, before: unknown, after: unknown, isKnown: IsKnown = () => true) {
  if (!isKnown(before) || !isKnown(after)) return `${group}: members ${NOT_KNOWN}`;
  if (after === undefined) return undefined;
  const shownIn = (members: unknown) => {
    // A server that the same `up` makes has no id yet, and is shown by its name in the group.
    const entries = Object.entries((members ?? {}) as Record<string, unknown>);
    return new Set(entries.map(([name, id]) => inOneLine(isKnown(id) ? String(id) : `${name} ${NOT_KNOWN}`)));
  };
  const [olds, news] = [shownIn(before), shownIn(after)];
  return changeLine(group, [
    ...[...news].filter((shown) => !olds.has(shown)).map((shown) => `join ${shown}`),
    ...[...olds].filter((shown) => !news.has(shown)).map((shown) => `leave ${shown}`),
  ]);
}

function changeLine(name: string, changes: readonly string[]): string | undefined {
  if (changes.length === 0) return undefined;
  const parts = changes.slice(0, MAX_CHANGES_SHOWN);
  const left = changes.length - parts.length;
  if (left > 0) parts.push(`and ${left} more`);
  return `${name}: ${parts.join(' · ')}`;
}

function describe(change: MembershipChange): string {
  const name = inOneLine(change.name);
  switch (change.operation) {
    case 'bind':
      return `bind ${name} ${targetText(change)}`;
    case 'unbind':
      return `unbind ${name}`;
    default:
      return `${change.operation} ${name} ${text(change.from)}→${text(change.to)}`;
  }
}

function targetText({ server, address, port, weight }: TargetValues): string {
  if (address === undefined && port === undefined && weight === undefined) return NOT_KNOWN;
  const host = address === null ? server : address;
  const isWhole = typeof address === 'string' && typeof port === 'number';
  const place = isWhole ? targetKey(address, port) : text(host) + (port === null ? '' : `:${text(port)}`);
  return `${server === null || address === null ? '' : `${text(server)} `}${place} w${text(weight)}`;
}

function text(value: Value): string {
  return value === undefined ? NOT_KNOWN : String(value ?? 'none');
}
