// Which objects are below another one, so that a delete of it by its stack may take them along.
import type { Kind } from '../base/kinds.ts';
import { keyOf } from '../base/object-key.ts';
import { type Reference, referencesOf } from '../base/references.ts';

interface ObjectName {
  readonly kind: Kind;
  readonly id: string;
}

/**
 * The objects below `upper`, directly or with others in between, uppermost first. A listener is below its load
 * balancer, a rule below its listener, and an attachment below its parent and its auto scaling group. An attachment
 * whose targets are all one server is below that server; a group is below none of its members. Of `others`, those that
 * `mayPass` leaves out do not count, and neither does what is below them alone.
 */
export function objectsBelow<T extends ObjectName>(
  upper: ObjectName,
  others: readonly T[],
  propertiesOf: (object: T) => object,
  mayPass: (object: T) => boolean = () => true,
): T[] {
  const found: T[] = [];
  let left = others.map((object) => ({ object, uppers: uppersOf(object.kind, propertiesOf(object)) }));
  let above = new Set([keyOf(upper.kind, upper.id)]);
  while (above.size > 0) {
    const isBelow = new Set(left.filter(({ uppers }) => uppers.some((key) => above.has(key))));
    const level = [...isBelow].map(({ object }) => object).filter(mayPass);
    left = left.filter((each) => !isBelow.has(each));
    found.push(...level);
    above = new Set(level.map(({ kind, id }) => keyOf(kind, id)));
  }
  return found;
}

/** The keys of the objects directly above an object. */
function uppersOf(kind: Kind, properties: object): string[] {
  const references = referencesOf(kind, properties);
  const isServer = (reference: Reference) => reference.kind === 'backend-servers';
  const servers = new Set(references.filter(isServer).map(({ id }) => id));
  const { targets = {} } = properties as { readonly targets?: object };
  const isOfOneServer =
    kind === 'attachments' && servers.size === 1 && references.filter(isServer).length === Object.keys(targets).length;
  return references
    .filter((reference) => isOfOneServer || !isServer(reference))
    .map((reference) => keyOf(reference.kind, String(reference.id)));
}
