// Property maps as Pulumi hands them over and keeps them.
export type Properties = Readonly<Record<string, unknown>>;

/** An object without its undefined properties: for Pulumi they are not there. */
export function compact(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries([...entries].filter(([, value]) => value !== undefined));
}
