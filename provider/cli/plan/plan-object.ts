// One object of a plan, as it is before the `up` or after it: made from the state, the program's inputs, or the runtime's list.
import { compared } from '../../methods/diff.ts';
import type { ApiObject } from '../../model/api/objects.ts';
import { endpointOf } from '../../model/base/endpoint.ts';
import { type Kind, RESOURCE_CLASSES } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { isRecord, valueIn } from '../../model/base/record.ts';
import { referenceProperties } from '../../model/base/references.ts';
import { replaceSecrets } from '../../model/base/secrets.ts';
import { canonicalAddress } from '../../model/base/target-key.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { resourceName } from '../../model/base/urn.ts';
import { compact, type Masked, type Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { resourceOf } from '../../resources/registry.ts';
import { isReadable, type PlanState, SECRET } from './preview.ts';

export interface PlanObject {
  readonly kind: Kind;
  /** Of its kind and id, since kinds may have the same ids; the URN of what has none before the `up`. */
  readonly key: string;
  /** The resource's name; the id of what is no resource of this stack. */
  readonly name: string;
  /** Whose it is where it is not this stack's: a URN, or "nobody". */
  readonly foreignOwner?: string;
  /** In canonical form, secrets masked; references are keys. */
  readonly properties: Masked;
  /** Of a load balancer; undefined: not known before the `up`. */
  readonly vip?: string | undefined;
}

export type Objects = ReadonlyMap<string, PlanObject>;

/** The keys of the stack's objects by URN. */
export type Keys = ReadonlyMap<string, string>;

/** A resource of the stack. */
interface Owned {
  readonly urn: string;
  readonly resource: ResourceDescription;
}

/** An object as the runtime lists it, for which the stack may have a resource or not. */
export function foreignObject(kind: Kind, object: ApiObject): PlanObject {
  const properties = withKeys(kind, compared(resourceOf(kind), object));
  return {
    kind,
    key: keyOf(kind, object.id),
    name: object.id,
    foreignOwner: object.owner ?? 'nobody',
    properties,
    vip: vipIn(object),
  };
}

/** As the runtime has it, whoever changed it since; where that is not known, as the state has it. */
export function objectBefore(
  { urn, resource }: Owned,
  key: string,
  state: PlanState,
  actual: PlanObject | undefined,
  keys: Keys,
): PlanObject {
  const stated = statedOf(resource, state, keys);
  const properties = actual === undefined ? stated : (maskedAs(stated, actual.properties) as Masked);
  const vip = actual?.vip ?? vipIn(state.outputs);
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), properties, vip };
}

/** As the program means it; what it leaves to others is taken from the object before. */
export function objectAfter(
  { urn, resource }: Owned,
  key: string,
  state: PlanState,
  before: PlanObject | undefined,
  keys: Keys,
): PlanObject {
  const resolved = withKeys(resource.kind, masked(resource, state.inputs), state.propertyDependencies, keys);
  const desired = before === undefined ? resolved : (resource.desired?.(resolved, before.properties) ?? resolved);
  const properties = compared(resource, withMembers(desired, before?.properties));
  const vip = resource.kind === 'load-balancers' ? vipAfter(properties, before) : undefined;
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), properties, vip };
}

/** The properties that the state has of the resource. */
export function statedOf(resource: ResourceDescription, state: PlanState, keys: Keys): Masked {
  const properties = compared(resource, masked(resource, state.outputs));
  return withKeys(resource.kind, properties, state.propertyDependencies, keys);
}

/** With keys in place of the ids of other objects; of those that are not known, or secret, of what the property depends on. */
function withKeys(
  ofKind: Kind,
  properties: Properties,
  dependencies: PlanState['propertyDependencies'] = {},
  keys: Keys = new Map(),
): Properties {
  const references = referenceProperties(ofKind).map(([name, kind]) => {
    const id = properties[name];
    if (typeof id === 'string' && isReadable(id)) return [name, keyOf(kind, id)] as const;
    const candidates = (dependencies[name] ?? []).filter((dependency) => isOfKind(dependency, kind));
    // One that is made from several could name any of them.
    const [only] = candidates.length === 1 ? candidates : [];
    return [name, id === undefined ? undefined : only && keys.get(only)] as const;
  });
  return { ...properties, ...compact(references) };
}

/** Those who joined a group through the API stay where the program names none. */
function withMembers(desired: Masked, { members }: Masked = {}): Masked {
  return members === undefined || desired.members !== undefined ? desired : { ...desired, members };
}

/** By the URN's type, which for a child ends with its own. */
function isOfKind(urn: string, kind: Kind): boolean {
  return (urn.split('::')[2] ?? '').endsWith(typeTokenOf(kind));
}

export function typeTokenOf(kind: Kind): string {
  return `pulumi-nodejs:dynamic/weir:${RESOURCE_CLASSES[kind]}`;
}

function masked({ kind }: ResourceDescription, properties: Properties): Masked {
  return replaceSecrets(kind, properties, (name) => [name, SECRET]);
}

/** What the state keeps as a secret stays one, though the runtime tells it. */
function maskedAs(stated: unknown, actual: unknown): unknown {
  if (stated === SECRET) return SECRET;
  if (!isRecord(stated) || !isRecord(actual)) return actual;
  return Object.fromEntries(
    Object.entries(actual).map(([name, value]) => [name, maskedAs(valueIn(stated, name), value)]),
  );
}

function vipIn({ vip }: Properties): string | undefined {
  return typeof vip === 'string' && isKnown(vip) ? vip : undefined;
}

/** One without an address keeps what it got from the pool. */
function vipAfter({ address }: Masked, before: PlanObject | undefined): string | undefined {
  if (typeof address === 'string')
    return isKnown(address) && address !== SECRET ? canonicalAddress(address) : undefined;
  return before?.properties.address === undefined ? before?.vip : undefined;
}

/** Undefined: not known before the `up`. */
export function endpointOfListener(objects: Objects, { properties }: PlanObject): string | undefined {
  const { loadBalancerId, protocol, port } = properties;
  const vip = objects.get(String(loadBalancerId))?.vip;
  if (vip === undefined || typeof port !== 'number' || typeof protocol !== 'string' || !isKnown(protocol))
    return undefined;
  return endpointOf(protocol, vip, port);
}
