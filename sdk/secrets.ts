// Private keys and cookie keys among the arguments become secrets, which state, previews and logs never show.
import * as pulumi from '@pulumi/pulumi';
import { isOutput, outputsIn } from './nested-outputs.ts';

type Args = Readonly<Record<string, unknown>>;
type Change = (value: unknown) => unknown;

// Each key is marked as a secret inside its argument. With `additionalSecretOutputs`, which names whole outputs, Pulumi
// would show the inputs in plain text.
const KEYS: Readonly<Record<string, Change>> = {
  certificates: (certificates) => changed(certificates, (map) => changedEach(map, '*', withSecret('privateKey'))),
  stickySession: withSecret('cookieKey'),
};

/** The arguments with their private keys and cookie keys marked as secrets. */
export function withSecrets(args: object): Args {
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, KEYS[name]?.(value) ?? value]));
}

/**
 * The names of the arguments that contain values which the program has made secret: the providers never print them.
 * Private keys and cookie keys are left out, because they are never printed anyway. Returns `undefined` if there are no
 * such arguments.
 */
export async function secretArguments(args: object): Promise<string[] | undefined> {
  const held = Object.entries(args).filter(([name]) => !(name in KEYS));
  const found = held.map(async ([name, value]) => {
    const outputs = outputsIn(value).filter((each) => pulumi.Output.isInstance(each));
    const secrets = await Promise.all(outputs.map((output) => pulumi.isSecret(output)));
    return secrets.includes(true) ? [name] : [];
  });
  const names = (await Promise.all(found)).flat();
  return names.length > 0 ? names : undefined;
}

function withSecret(property: string): Change {
  return (value) => changed(value, (object) => changedEach(object, property, (secret) => pulumi.secret(secret)));
}

/** Changes an argument that is an object or an output of one. Any other value stays, and the provider refuses it. */
function changed(value: unknown, change: (object: Args) => unknown): unknown {
  if (isOutput(value)) return pulumi.all([value]).apply(([known]) => changed(known, change));
  return typeof value === 'object' && value !== null ? change(value as Args) : value;
}

function changedEach(object: Args, property: string, change: Change): Args {
  const entries = Object.entries(object).map(([name, value]) => {
    const isMeant = value !== undefined && (property === '*' || name === property);
    return [name, isMeant ? change(value) : value];
  });
  return Object.fromEntries(entries);
}
