// Property maps as Pulumi hands them over and keeps them, by what they mean.

/** Properties by name, whatever they are of. */
export type Properties = Readonly<Record<string, unknown>>;

/** The program's properties as it has them: any value may be unknown, missing or malformed. */
export type Inputs = Properties;

/** What Pulumi keeps of a resource: the properties and outputs of its object as they were when it was last written or read. */
export type State = Properties;

/** Properties in the form in which they are compared: with every default, and addresses in their shortest form. */
export type CanonicalForm = Properties;

/** Properties in canonical form, with a mark in place of each secret. */
export type Masked = Properties;

/** An object without its undefined properties: for Pulumi they are not there. */
export function compact(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...entries].filter(([, value]) => value !== undefined));
}
