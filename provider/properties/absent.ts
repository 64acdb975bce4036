// Arguments without a known value, which the engine leaves out of the inputs: the SDK says which these are.
import { isRecord, valueAt, valueIn } from '../model/base/record.ts';
import { UNKNOWN } from '../model/base/unknown.ts';
import type { Properties } from './properties.ts';

/**
 * The properties with `UNKNOWN` at the places of unknown arguments. In places, which come from the SDK, a leaf is `true`.
 */
export function withUnknown(properties: Properties, places: unknown): Properties {
  return filled(properties, places, () => UNKNOWN) as Properties;
}

/** The properties with the values of `other` at the places of unknown arguments, because these do not change yet. */
export function withValuesOf(other: Properties, properties: Properties, places: unknown): Properties {
  return filled(properties, places, (path) => valueAt(other, path)) as Properties;
}

/** The paths of the places. */
export function pathsOf(places: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (places === true) return [path];
  return isRecord(places) ? Object.entries(places).flatMap(([name, inner]) => pathsOf(inner, [...path, name])) : [];
}

/** The places with these paths: the inverse of `pathsOf`. */
export function placesOf(paths: readonly (readonly string[])[]): unknown {
  if (paths.some((path) => path.length === 0)) return true;
  const names = new Set(paths.map(([name = '']) => name));
  const inside = (name: string) => paths.filter(([first]) => first === name).map((path) => path.slice(1));
  return Object.fromEntries([...names].map((name) => [name, placesOf(inside(name))]));
}

function filled(
  value: unknown,
  places: unknown,
  fill: (path: readonly string[]) => unknown,
  path: string[] = [],
): unknown {
  if (places === true) return fill(path);
  if (!isRecord(places) || (value !== undefined && !isRecord(value))) return value;
  const entries = Object.entries(places).flatMap(([name, inner]) => {
    const item = filled(value && valueIn(value, name), inner, fill, [...path, name]);
    return item === undefined ? [] : [[name, item] as const];
  });
  return entries.length === 0 ? value : { ...value, ...Object.fromEntries(entries) };
}
