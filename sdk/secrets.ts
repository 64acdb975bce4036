// Makes secrets of the keys among a resource's arguments, so that state, previews and logs never have them in plain text.
import * as pulumi from '@pulumi/pulumi';

type Args = Readonly<Record<string, unknown>>;
type Change = (value: unknown) => unknown;

// Nested: as an additional secret output Pulumi would hide the outputs and leave the inputs as they are.
const KEYS: Readonly<Record<string, Change>> = {
  certificates: (certificates) => changed(certificates, (map) => changedEach(map, '*', withSecret('privateKey'))),
  stickySession: withSecret('cookieKey'),
};

export function withSecrets(args: object): Args {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, KEYS[name]?.(value) ?? value]));
}

/**
 * The names of the arguments in which the program has secrets of its own, whose values the providers then print nowhere; of
 * keys they never do. Undefined: there are none.
 */
export async function secretArguments(args: object): Promise<string[] | undefined> {
  const held = Object.entries(args).filter(([name]) => !(name in KEYS));
  const found = held.map(async ([name, value]) => {
    const secrets = await Promise.all(outputsIn(value).map((output) => pulumi.isSecret(output)));
    return secrets.includes(true) ? [name] : [];
  });
  const names = (await Promise.all(found)).flat();
  return names.length > 0 ? names : undefined;
}

/** Of plain objects and lists: whatever else there is may lead round in a circle. */
function outputsIn(value: unknown): pulumi.Output<unknown>[] {
  if (pulumi.Output.isInstance(value)) return [value];
  if (typeof value !== 'object' || value === null) return [];
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.values(value).flatMap(outputsIn) : [];
}

function withSecret(property: string): Change {
  return (value) => changed(value, (object) => changedEach(object, property, (secret) => pulumi.secret(secret)));
}

/** Of what is an object, now or later; anything else is left for the provider to refuse. */
function changed(value: unknown, change: (object: Args) => unknown): unknown {
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    return pulumi.output(value).apply((known) => changed(known, change));
  }
  return typeof value === 'object' && value !== null ? change(value as Args) : value;
}

function changedEach(object: Args, property: string, change: Change): Args {
  const entries = Object.entries(object).map(([name, value]) => {
    const isMeant = value !== undefined && (property === '*' || name === property);
    return [name, isMeant ? change(value) : value];
  });
  return Object.fromEntries(entries);
}
