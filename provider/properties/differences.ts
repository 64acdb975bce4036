// Differences between two sides of an object in canonical form, each with its path.
import { isDeepStrictEqual } from 'node:util';
import { isRecord, valueIn } from '../model/base/record.ts';
import type { CanonicalForm } from './properties.ts';

export interface Difference {
  readonly path: readonly string[];
  /** The value on each side. `undefined` if that side has none. */
  readonly before: unknown;
  readonly after: unknown;
}

/** The values that differ. An object that only one side has is one difference. */
export function differencesBetween(before: CanonicalForm, after: CanonicalForm): Difference[] {
  return differencesAt([], before, after);
}

function differencesAt(path: readonly string[], before: unknown, after: unknown): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isRecord(before) || !isRecord(after)) return [{ path, before, after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differencesAt([...path, name], valueIn(before, name), valueIn(after, name)));
}
