// Looks into values of unknown shape by name.

/** No map may have it: to set it changes what the object inherits. */
export const RESERVED_NAME = '__proto__';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map's own value. Of a name such as `toString` or `constructor` the brackets alone would find what every object has. */
export function valueIn<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
