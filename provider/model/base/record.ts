// Safe access by name to values of unknown shape.

/** A name that no map may have, because setting it changes the object's prototype. */
export const RESERVED_NAME = '__proto__';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The map's own value for a name. Brackets alone would also find inherited members, such as `toString` or
 * `constructor`.
 */
export function valueIn<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

/**
 * The names of a map whose values are not the same in another map, by default the identical ones. Both are walked side
 * by side, because a look-up of each of 500 names takes ten times as long.
 */
export function changedNames(
  map: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
  isSame: (a: unknown, b: unknown) => boolean = Object.is,
): string[] {
  const [values, otherNames, otherValues] = [Object.values(map), Object.keys(other), Object.values(other)];
  return Object.keys(map).filter((name, at) => {
    return !isSame(otherNames[at] === name ? otherValues[at] : valueIn(other, name), values[at]);
  });
}

/** The value at a path of names. Returns `undefined` if something on the way there is no map. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((at, name) => (isRecord(at) ? valueIn(at, name) : undefined), value);
}
