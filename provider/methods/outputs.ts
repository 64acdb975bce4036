// Objects as Pulumi's state holds them: the outputs of create, update and read, made from the API's response.

import type { RuntimeClient } from '../client/client.ts';
import type { ApiObject } from '../model/api/objects.ts';
import { withSecretsOf } from '../model/base/secrets.ts';
import { asWritten } from '../properties/as-written.ts';
import { compact, type Inputs, OPTIONS, type Properties, picked, type State } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

/**
 * The object as the state takes it, in which changes that are no drift are undone. `news`: the inputs that say which
 * properties the resource leaves to others, if they are not in the state.
 */
export function observedOf<T extends Properties>(
  { observed }: ResourceDescription,
  stored: T,
  state: State,
  news?: Inputs,
): T {
  return (observed?.(stored, state, news) ?? stored) as T;
}

/**
 * All outputs of an object. An update must return each of them, because Pulumi erases missing ones from the state.
 * `properties`: the object's properties and its owner, as the state keeps them.
 */
export async function outputsOf(
  { outputs }: ResourceDescription,
  stored: ApiObject,
  properties: Properties,
  client: RuntimeClient,
): Promise<Record<string, unknown>> {
  return {
    ...properties,
    ...picked(stored, outputs),
    incarnation: stored.incarnation,
    ...compact([['writtenVersion', stored.stack?.writtenVersion]]),
    runtimeId: await client.runtimeId(),
    runtimeEndpoint: client.endpoint,
  };
}

/** The inputs with which a program would describe the object as it is now. */
export function inputsOf(
  { schema, kind }: ResourceDescription,
  stored: ApiObject,
  written: Inputs,
): Record<string, unknown> {
  const actual = withSecretsOf(kind, stored, written);
  return { ...asWritten(schema, actual, written), ...compact([['owner', stored.owner]]), ...keptOptions(written) };
}

/** The resource options that the state keeps for a later operation. */
export function keptOptions(inputs: Inputs): Inputs {
  return picked(inputs, OPTIONS);
}

/** The body of a PUT: the properties and the owner, without the arguments that only the engine needs. */
export function bodyOf({ schema }: ResourceDescription, inputs: Inputs): Record<string, unknown> {
  return picked(inputs, [...Object.keys(schema.shape), 'owner']);
}
