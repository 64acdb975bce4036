// The objects that an object names in its properties: finding them, and putting something else in their place.
import { type Kind, REFERENCES, type References } from './kinds.ts';
import { isRecord } from './record.ts';

/** A property that names an object: where it stands, the kind of what it names, and what it names it by. */
export interface Reference {
  readonly path: readonly string[];
  readonly kind: Kind;
  readonly id: unknown;
}

/** Each reference in the properties of an object of the kind, in the order of the table. */
export function referencesOf(kind: Kind, properties: object): Iterable<Reference> {
  return referencesIn(REFERENCES[kind], properties, []);
}

/** The kind that a property, in no map, names an object of. */
export function referenceProperties(kind: Kind): [property: string, kind: Kind][] {
  return Object.entries(REFERENCES[kind]).flatMap(([property, to]) => (typeof to === 'string' ? [[property, to]] : []));
}

/** A copy of the properties with something else in place of each id. */
export function replaceReferences<T extends object>(
  kind: Kind,
  properties: T,
  replace: (kind: Kind, id: unknown) => unknown,
): T {
  return replaceIn(REFERENCES[kind], properties, replace) as T;
}

function* referencesIn(references: References, value: object, path: readonly string[]): Iterable<Reference> {
  for (const [name, item, to] of namedBy(references, value)) {
    if (typeof to === 'string') yield { path: [...path, name], kind: to, id: item };
    else if (isRecord(item)) yield* referencesIn(to, item, [...path, name]);
  }
}

function replaceIn(references: References, value: object, replace: (kind: Kind, id: unknown) => unknown): object {
  const replaced = [...namedBy(references, value)].map(([name, item, to]) => {
    if (typeof to === 'string') return [name, replace(to, item)];
    return [name, isRecord(item) ? replaceIn(to, item, replace) : item];
  });
  return { ...value, ...Object.fromEntries(replaced) };
}

/** The properties that a level of the table is about, as far as they are given. */
function* namedBy(
  references: References,
  value: object,
): Iterable<[name: string, item: unknown, to: Kind | References]> {
  const all = references['*'];
  if (all !== undefined) {
    for (const [name, item] of Object.entries(value)) if (item !== undefined) yield [name, item, all];
    return;
  }
  for (const [name, to] of Object.entries(references)) {
    const item = (value as Readonly<Record<string, unknown>>)[name];
    if (item !== undefined) yield [name, item, to];
  }
}
