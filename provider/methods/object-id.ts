// The id and the incarnation of a new object. A repeated create finds its own object by the id.
import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { incarnationOf } from '../model/base/incarnation.ts';
import { resourceName } from '../model/base/urn.ts';
import { canonicalForm } from '../properties/canonical-form.ts';
import type { CanonicalForm, Inputs, Properties } from '../properties/properties.ts';
import type { ResourceDescription } from '../resources/description.ts';

const MAX_ID_LENGTH = 128;
const HASH_LENGTH = 8;

/**
 * The resource's name with a hash of its identity: `web-1f0c2a9b`, and for a server `i-web-1f0c2a9b`. `choice` counts
 * the ids before this one that other owners have.
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

/** Whether two sets of properties describe the same object, so that the second does not replace the first. */
export function isSameObject({ schema, identity }: ResourceDescription, a: Properties, b: Properties): boolean {
  const [one, other] = [a, b].map((each) => canonicalForm(schema, each) as CanonicalForm);
  return identity.every((key) => isDeepStrictEqual(one?.[key], other?.[key]));
}

/** A new random incarnation for an object, which says whether the object is retained. */
export function newIncarnation({ retainOnDelete }: Inputs): string {
  return incarnationOf(randomUUID(), retainOnDelete === true);
}
