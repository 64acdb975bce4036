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
export function referencesOf(kind: Kind, properties: object): readonly Reference[] {
  const found: Reference[] = [];
  collect(REFERENCES[kind], properties, [], found);
  return found;
}

/** The kinds that an object of the kind may name. */
export function kindsNamedBy(kind: Kind): readonly Kind[] {
  return kindsIn(REFERENCES[kind]);
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

/** One path for all of the walk, because an attachment has up to 500 targets, and few of them name a server. */
function collect(references: References, value: object, path: string[], found: Reference[]): void {
  for (const name of namesIn(references, value)) {
    const to = references['*'] ?? references[name];
    const item = (value as Readonly<Record<string, unknown>>)[name];
    if (item === undefined || to === undefined) continue;
    path.push(name);
    if (typeof to === 'string') found.push({ path: [...path], kind: to, id: item });
    else if (isRecord(item)) collect(to, item, path, found);
    path.pop();
  }
}

function replaceIn(references: References, value: object, replace: (kind: Kind, id: unknown) => unknown): object {
  const replaced = namesIn(references, value).flatMap((name): [string, unknown][] => {
    const to = references['*'] ?? references[name];
    const item = (value as Readonly<Record<string, unknown>>)[name];
    if (item === undefined || to === undefined) return [];
    if (typeof to === 'string') return [[name, replace(to, item)]];
    return [[name, isRecord(item) ? replaceIn(to, item, replace) : item]];
  });
  return { ...value, ...Object.fromEntries(replaced) };
}

/** The names that a level of the table is about: its own, or all that the map has. */
function namesIn(references: References, value: object): string[] {
  return Object.keys(references['*'] === undefined ? references : value);
}

function kindsIn(references: References): Kind[] {
  return Object.values(references).flatMap((to) => (typeof to === 'string' ? [to] : kindsIn(to)));
}
