// Lines for values that others have changed in the runtime, which an update finds and does not repair by itself.
import { inOneLine } from '../model/base/one-line.ts';
import { propertyPath } from '../model/base/property-path.ts';
import { isRecord } from '../model/base/record.ts';
import { targetKey } from '../model/base/target-key.ts';
import type { Difference } from '../properties/differences.ts';
import { shownValue } from './shown-value.ts';

/** A value that was changed outside, from the state to the runtime. */
export interface OutsideChange extends Difference {
  readonly isSecret: boolean;
  /** The fate of the change: it stays, this update overwrites it, or the replacement does not have it. */
  readonly fate: 'kept' | 'overwritten' | 'replaced';
}

/** The largest number of changes that are told with a line each. Further changes are only counted. */
const MAX_LINES = 10;

/** The beginning of a certificate, of which the first characters say nothing. */
const PEM = /^\s*-----BEGIN /;

const FATES = {
  kept: 'changed outside; pulumi refresh shows it',
  overwritten: 'changed outside; this up overwrites it',
  replaced: 'changed outside; the replacement has the value of the program',
} as const satisfies Record<OutsideChange['fate'], string>;

/** One line for each change, such as `pool: b1 has weight 0 in the runtime, 100 in the state: changed outside; ...`. */
export function outsideLines(resource: string, changes: readonly OutsideChange[]): string[] {
  const lines = changes.slice(0, MAX_LINES).map((change) => `${resource}: ${sentence(change)}: ${FATES[change.fate]}`);
  const left = changes.length - lines.length;
  return left > 0
    ? [...lines, `${resource}: and ${left} more changed outside; pulumi refresh shows ${left === 1 ? 'it' : 'them'}`]
    : lines;
}

function sentence({ path, before, after, isSecret }: OutsideChange): string {
  const [map = '', name = '', field, ...deeper] = path;
  if (isSecret) return `${propertyPath(path)} has another secret value in the runtime than in the state`;
  if (map === 'targets' && path.length > 1) {
    const target = inOneLine(name);
    if (field === undefined) return membership(target, before, after, 'bound');
    return `${target} has ${[field, ...deeper].join('.')} ${shownOr(after)} in the runtime, ${shownOr(before)} in the state`;
  }
  if (map === 'members' && path.length === 2) return membership(inOneLine(name), before, after, 'a member');
  const property = propertyPath(path);
  const there = isRecord(after) ? '' : ` ${shownOr(after)}`;
  if (before === undefined) return `${property} is${there} in the runtime, and not in the state`;
  const known = isRecord(before) ? 'and is' : shownValue(before);
  if (after === undefined) return `${property} is not in the runtime, ${known} in the state`;
  if (PEM.test(String(after))) return `${property} is another one in the runtime than in the state`;
  return `${property} is ${shownValue(after)} in the runtime, ${shownValue(before)} in the state`;
}

function membership(name: string, before: unknown, after: unknown, what: string): string {
  if (after === undefined) return `${name} is not ${what} in the runtime, and is in the state`;
  if (before === undefined) return `${name}${placeOf(after)} is ${what} in the runtime, and not in the state`;
  return `${name} is ${shownValue(after)} in the runtime, ${shownValue(before)} in the state`;
}

function placeOf(target: unknown): string {
  if (!isRecord(target)) return ` ${inOneLine(String(target))}`;
  const { serverId, address, port } = target;
  if (typeof address === 'string') return ` ${typeof port === 'number' ? targetKey(address, port) : address}`;
  return typeof serverId === 'string' ? ` ${serverId}${port === undefined ? '' : `:${port}`}` : '';
}

function shownOr(value: unknown): string {
  return value === undefined ? 'none' : shownValue(value);
}
