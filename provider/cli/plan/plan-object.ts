// One object of a plan, before or after `pulumi up`: made from the state, the program or the runtime's list.
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
  /**
   * Kind and id in one text, because two kinds may have the same id. A new object whose id is not known has its URN as
   * its key.
   */
  readonly key: string;
  /** The resource's name. An object that is not a resource of this stack has its id as its name. */
  readonly name: string;
  /** The owner of an object that is not this stack's: a URN, or "nobody". `undefined` for this stack's objects. */
  readonly foreignOwner?: string;
  /** The URN of the owner, of this stack or another. `undefined` if the object has no owner, or is not known. */
  readonly owner?: string | undefined;
  /** Properties in canonical form: secrets are masked, and references to other objects are plan keys. */
  readonly properties: Masked;
  /** The VIP of a load balancer. `undefined` for other kinds, or if it is not known before `pulumi up`. */
  readonly vip?: string | undefined;
}

export type Objects = ReadonlyMap<string, PlanObject>;

/** The keys of the stack's objects by URN. */
export type Keys = ReadonlyMap<string, string>;

/** A resource of the stack, with its URN. */
interface Owned {
  readonly urn: string;
  readonly resource: ResourceDescription;
}

/** An object that the runtime lists. The stack may or may not have a resource for it. */
export function foreignObject(kind: Kind, object: ApiObject): PlanObject {
  const properties = withKeys(kind, compared(resourceOf(kind), object));
  return {
    kind,
    key: keyOf(kind, object.id),
    name: object.id,
    foreignOwner: object.owner ?? 'nobody',
    owner: object.owner,
    properties,
    vip: vipIn(object),
  };
}

/** An object of the stack before `pulumi up`: as the runtime has it, else as the state has it. */
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
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), owner: urn, properties, vip };
}

/**
 * An object of the stack after `pulumi up`: as the program describes it. Properties that the program leaves to
 * others are taken from the object before `pulumi up`.
 */
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
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), owner: urn, properties, vip };
}

/** The properties that the state has for a resource. */
export function statedOf(resource: ResourceDescription, state: PlanState, keys: Keys): Masked {
  const properties = compared(resource, masked(resource, state.outputs));
  return withKeys(resource.kind, properties, state.propertyDependencies, keys);
}

/**
 * Properties with plan keys in place of the ids of other objects. An id that is unknown or secret is replaced by the
 * key of the resource on which the property depends.
 */
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
    // If a property depends on several resources, any one of them could be the referenced object, so the reference
    // counts as unknown.
    const [only] = candidates.length === 1 ? candidates : [];
    return [name, id === undefined ? undefined : only && keys.get(only)] as const;
  });
  return { ...properties, ...compact(references) };
}

/**
 * Adds the present members of an auto scaling group to its properties if the program names none, because servers that
 * joined through the API stay.
 */
function withMembers(desired: Masked, { members }: Masked = {}): Masked {
  return members === undefined || desired.members !== undefined ? desired : { ...desired, members };
}

/**
 * Whether a URN is that of an object of the kind. The type in the URN of a child resource ends with the child's own
 * type.
 */
function isOfKind(urn: string, kind: Kind): boolean {
  return (urn.split('::')[2] ?? '').endsWith(typeTokenOf(kind));
}

export function typeTokenOf(kind: Kind): string {
  return `pulumi-nodejs:dynamic/weir:${RESOURCE_CLASSES[kind]}`;
}

function masked({ kind }: ResourceDescription, properties: Properties): Masked {
  return replaceSecrets(kind, properties, (name) => [name, SECRET]);
}

/** Masks what the runtime returned as the state is masked: a value that the state keeps as a secret stays hidden. */
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

/**
 * The VIP of a load balancer after `pulumi up`. A load balancer without an address keeps the VIP that it got from
 * the pool.
 */
function vipAfter({ address }: Masked, before: PlanObject | undefined): string | undefined {
  if (typeof address === 'string')
    return isKnown(address) && address !== SECRET ? canonicalAddress(address) : undefined;
  return before?.properties.address === undefined ? before?.vip : undefined;
}

/** The endpoint of a listener. Returns `undefined` if the endpoint is not known before `pulumi up`. */
export function endpointOfListener(objects: Objects, { properties }: PlanObject): string | undefined {
  const { loadBalancerId, protocol, port } = properties;
  const vip = objects.get(String(loadBalancerId))?.vip;
  if (vip === undefined || typeof port !== 'number' || typeof protocol !== 'string' || !isKnown(protocol))
    return undefined;
  return endpointOf(protocol, vip, port);
}
