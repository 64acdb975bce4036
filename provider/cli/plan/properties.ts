// The changed properties of an object, one by one, as a plan shows them.
import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../../model/base/kinds.ts';
import { propertyPath } from '../../model/base/property-path.ts';
import { isRecord, valueIn } from '../../model/base/record.ts';
import { referenceProperties } from '../../model/base/references.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { compact } from '../../properties/properties.ts';
import { code } from './markdown.ts';
import type { PlannedChange } from './objects.ts';
import { SECRET } from './preview.ts';
import { NOT_KNOWN } from './target-groups.ts';

/**
 * Longest value in characters that a plan shows. A property with a longer value, such as a certificate, is only named.
 */
const MAX_VALUE_CHARACTERS = 80;

/** Markdown of each changed property. Targets and members are left out, because the target groups show them. */
export function changedProperties(
  { verb, stated, before, after, secrets }: PlannedChange,
  nameOf: (key: string) => string,
): string[] {
  const kind = (after ?? before)?.kind;
  const { targets: _oldTargets, members: _oldMembers, ...olds } = named(kind, stated, nameOf);
  const { targets: _newTargets, members: _newMembers, ...news } = named(kind, after?.properties ?? {}, nameOf);
  const changed = differences(olds, news, []).map(({ path, from, to }) => {
    return `${code(propertyPath(path))}${values(verb === 'create' ? undefined : from, to)}`;
  });
  if (secrets !== undefined) return [...changed, `${code(secrets)} (secret)`];
  const isHidden =
    verb === 'update' && isDeepStrictEqual(stated, after?.properties) && JSON.stringify(stated).includes(SECRET);
  return isHidden ? ['nothing that is not secret'] : changed;
}

interface Difference {
  readonly path: readonly string[];
  readonly from: unknown;
  readonly to: unknown;
}

function differences(before: unknown, after: unknown, path: readonly string[]): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const isBranch = (isRecord(before) || before === undefined) && (isRecord(after) || after === undefined);
  if (!isBranch) return [{ path, from: before, to: after }];
  const [olds, news] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  const names = new Set([...Object.keys(olds), ...Object.keys(news)]);
  return [...names].flatMap((name) => differences(valueIn(olds, name), valueIn(news, name), [...path, name]));
}

/** Properties with the names of other objects in place of their plan keys. */
function named(kind: Kind | undefined, properties: Readonly<Record<string, unknown>>, nameOf: (key: string) => string) {
  const names = (kind === undefined ? [] : referenceProperties(kind)).map(([reference]) => {
    const key = properties[reference];
    return [reference, typeof key === 'string' ? nameOf(key) : undefined] as const;
  });
  return { ...properties, ...compact(names) } as Record<string, unknown>;
}

function values(from: unknown, to: unknown): string {
  const [old, next] = [textOf(from), textOf(to)];
  if (old === undefined || next === undefined) return '';
  return from === undefined ? ` ${code(next)}` : ` ${code(old)}→${code(next)}`;
}

/** The text of a property's value in `weir plan`. Returns `undefined` for a secret and for a text that is too long. */
function textOf(value: unknown): string | undefined {
  if (value === undefined) return 'none';
  if (value === SECRET) return undefined;
  if (!isKnown(value)) return NOT_KNOWN;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_VALUE_CHARACTERS || text.includes(SECRET) ? undefined : text;
}
