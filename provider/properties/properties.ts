// Types of property maps, one for each meaning that a map can have.

/** Any properties by name. */
export type Properties = Readonly<Record<string, unknown>>;

/** The properties that the program gives. Any value may be unknown, missing or malformed. */
export type Inputs = Properties;

/**
 * The resource options that the state holds beside the properties, because the engine does not pass them on. The
 * runtime has none of them.
 */
export const OPTIONS = ['customTimeouts', 'retainOnDelete'] as const;

/** What Pulumi keeps of a resource: its object's properties and outputs, as of the last write or read. */
export type State = Properties;

/** Properties in the form in which they are compared: with every default, and addresses in their shortest form. */
export type CanonicalForm = Properties;

/** Properties in canonical form, with a mark in place of each secret. */
export type Masked = Properties;

/** An object of the entries whose value is defined. For Pulumi, an undefined property does not exist. */
export function compact(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...entries].filter(([, value]) => value !== undefined));
}

/** Only the properties with these names. */
export function picked(properties: Properties, names: readonly string[]): Record<string, unknown> {
  return compact(names.map((name) => [name, properties[name]]));
}
