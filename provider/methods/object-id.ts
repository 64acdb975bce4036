// The id and the incarnation that `create` gives an object: a repeated create finds its own object again by the id.
import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { resourceName } from '../model/base/urn.ts';
import { canonicalForm } from '../properties/canonical-form.ts';
import type { CanonicalForm, Inputs, Properties } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

const MAX_ID_LENGTH = 128;
const HASH_LENGTH = 8;

/**
 * The resource's name with a hash of what makes it this object: `web-1f0c2a9b`, of a server `i-web-1f0c2a9b`. `choice`: the
 * id after as many that others have.
 */
export function newObjectId(description: ResourceDescription, inputs: Inputs, choice = 0): string {
  const { type, schema, identity, idPrefix } = description;
  const normal = canonicalForm(schema, inputs) as CanonicalForm;
  const prefix = idPrefix?.(normal) ?? '';
  const parts = [
    type,
    inputs.owner ?? '',
    ...identity.map((key) => normal[key] ?? ''),
    ...(choice > 0 ? [choice] : []),
  ];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, HASH_LENGTH);
  const name = resourceName(inputs)
    .replace(/[^A-Za-z0-9._-]/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, MAX_ID_LENGTH - HASH_LENGTH - 1 - prefix.length);
  return name === '' ? prefix + hash : `${prefix}${name}-${hash}`;
}

/** Whether two sets of properties are of one object, of which the second is no replacement. */
export function isSameObject({ schema, identity }: ResourceDescription, a: Properties, b: Properties): boolean {
  const [one, other] = [a, b].map((each) => canonicalForm(schema, each) as CanonicalForm);
  return identity.every((key) => isDeepStrictEqual(one?.[key], other?.[key]));
}

/** Another each time: by it a delete tells an object from the one that took its place under the same id. */
export function newIncarnation(): string {
  return randomUUID();
}
