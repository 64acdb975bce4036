// References in the properties of an object: finding them, and replacing them.
import { type Kind, PARENT_KINDS, REFERENCES, type References } from './kinds.ts';
import { isRecord } from './record.ts';

/** A property that refers to another object: its path, the kind of that object, and the object's id. */
export interface Reference {
  readonly path: readonly string[];
  readonly kind: Kind;
  readonly id: unknown;
}

/** Each reference in the properties of an object, in the order of the table REFERENCES. */
export function referencesOf(kind: Kind, properties: object): readonly Reference[] {
  const found: Reference[] = [];
  collect(REFERENCES[kind], properties, [], found);
  return found;
}

/** The kinds that an object of the kind may refer to. */
export function kindsNamedBy(kind: Kind): readonly Kind[] {
  return kindsIn(REFERENCES[kind]);
}

/** The properties of a kind that refer to an object, with that object's kind. References inside maps are left out. */
export function referenceProperties(kind: Kind): [property: string, kind: Kind][] {
  return Object.entries(REFERENCES[kind]).flatMap(([property, to]) => (typeof to === 'string' ? [[property, to]] : []));
}

/** The object below which an object is: a listener's load balancer, a rule's listener, or an attachment's parent. */
export interface ParentReference {
  readonly property: keyof typeof PARENT_KINDS;
  readonly kind: Kind;
  readonly id: string;
}

const PARENT_PROPERTIES = Object.keys(PARENT_KINDS) as (keyof typeof PARENT_KINDS)[];

/** The kinds of object below which an object of the kind is. */
export function parentKindsOf(kind: Kind): Kind[] {
  return PARENT_PROPERTIES.filter((property) => REFERENCES[kind][property] !== undefined).map(
    (property) => PARENT_KINDS[property],
  );
}

/** The reference of an object to its parent. Returns `undefined` for an object that is below no other. */
export function parentReferenceOf(kind: Kind, properties: object): ParentReference | undefined {
  const values = properties as Readonly<Record<string, unknown>>;
  const property = PARENT_PROPERTIES.find((name) => REFERENCES[kind][name] !== undefined && values[name] !== undefined);
  return property && { property, kind: PARENT_KINDS[property], id: String(values[property]) };
}

/** A copy of the properties in which `replace` has replaced each id. */
export function replaceReferences<T extends object>(
  kind: Kind,
  properties: T,
  replace: (kind: Kind, id: unknown) => unknown,
): T {
  return replaceIn(REFERENCES[kind], properties, replace) as T;
}

/**
 * Adds each reference below a value to `found`. One path array serves the whole search, because an attachment has up to
 * 500 targets and few of them name a server.
 */
function collect(references: References, value: object, path: string[], found: Reference[]): void {
  const each = references['*'];
  // A map is walked by its entries, because a look-up of each of 500 names takes ten times as long.
  if (each !== undefined) for (const [name, item] of Object.entries(value)) collectAt(each, name, item, path, found);
  else {
    for (const name of Object.keys(references))
      collectAt(references[name], name, (value as Readonly<Record<string, unknown>>)[name], path, found);
  }
}

function collectAt(
  to: References[string] | undefined,
  name: string,
  item: unknown,
  path: string[],
  found: Reference[],
): void {
  if (item === undefined || to === undefined) return;
  path.push(name);
  if (typeof to === 'string') found.push({ path: [...path], kind: to, id: item });
  else if (isRecord(item)) collect(to, item, path, found);
  path.pop();
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

/**
 * The property names at one level of the table REFERENCES. If the level has `*`, they are all names of the given map.
 */
function namesIn(references: References, value: object): string[] {
  return Object.keys(references['*'] === undefined ? references : value);
}

function kindsIn(references: References): Kind[] {
  return Object.values(references).flatMap((to) => (typeof to === 'string' ? [to] : kindsIn(to)));
}
