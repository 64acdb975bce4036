// The objects of a plan: what is there before the `up` and what after it, and what becomes of each of the stack's own.
import { changedSecrets } from '../../messages/secrets-line.ts';
import { compared } from '../../methods/diff.ts';
import { objectId } from '../../methods/object-id.ts';
import type { ApiObject } from '../../model/api/objects.ts';
import { endpointOf } from '../../model/base/endpoint.ts';
import type { Kind } from '../../model/base/kinds.ts';
import { keyOf } from '../../model/base/object-key.ts';
import { isRecord, valueIn } from '../../model/base/record.ts';
import { REFERENCES } from '../../model/base/references.ts';
import { replaceSecrets } from '../../model/base/secrets.ts';
import { canonicalAddress } from '../../model/base/target-key.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { resourceName } from '../../model/base/urn.ts';
import { compact, type Properties } from '../../properties/properties.ts';
import type { ResourceDescription } from '../../resources/description.ts';
import { RESOURCES, resourceOf } from '../../resources/registry.ts';
import { isReadable, type Preview, SECRET, type State, type Step } from './preview.ts';

export interface PlanObject {
  readonly kind: Kind;
  /** Of its kind and id, since kinds may have the same ids; the URN of what has none before the `up`. */
  readonly key: string;
  /** The resource's name; the id of what is no resource of this stack. */
  readonly name: string;
  /** Whose it is where it is not this stack's: a URN, or "nobody". */
  readonly foreignOwner?: string;
  /** In normal form, secrets masked; references are keys. */
  readonly properties: Properties;
  /** Of a load balancer; undefined: not known before the `up`. */
  readonly vip?: string | undefined;
}

export type Objects = ReadonlyMap<string, PlanObject>;

/** By URN. */
type Keys = ReadonlyMap<string, string>;

/** What the `up` does to an object of the stack. */
export interface ObjectChange {
  readonly verb: 'create' | 'adopt' | 'update' | 'replace' | 'delete' | 'release';
  readonly urn: string;
  readonly before: PlanObject | undefined;
  readonly after: PlanObject | undefined;
  /** What `after` is compared with: the state's properties, of what is adopted the runtime's, else the defaults. */
  readonly stated: Properties;
  /** The paths of secrets that change, as the provider tells them. */
  readonly secrets: string | undefined;
}

export interface ObjectPlan {
  readonly before: Objects;
  readonly after: Objects;
  readonly changes: readonly ObjectChange[];
  /** The URNs of all that a resource waits for in the `up`; undefined: the preview does not tell. */
  readonly dependenciesOf: (urn: string) => ReadonlySet<string> | undefined;
}

/** What the API lists, by kind. */
export type RuntimeObjects = ReadonlyMap<Kind, readonly ApiObject[]>;

interface OwnStep extends Step {
  readonly resource: ResourceDescription;
  /** Of what is there before. */
  readonly oldKey: string | undefined;
}

const CREATES = ['create', 'import', 'replace', 'create-replacement', 'import-replacement'];
const DELETES = ['delete', 'replace', 'delete-replaced'];
const VERBS: Readonly<Record<string, ObjectChange['verb']>> = {
  create: 'create',
  import: 'create',
  update: 'update',
  replace: 'replace',
  delete: 'delete',
};

export function objectPlanOf(preview: Preview, runtime: RuntimeObjects = new Map()): ObjectPlan {
  const steps = preview.steps.flatMap(ownSteps);
  const keys = new Map(steps.flatMap((step) => keyEntry(step)));
  const oldKeys = new Map(steps.flatMap(({ urn, oldKey }) => (oldKey === undefined ? [] : [[urn, oldKey]])));
  const before = new Map<string, PlanObject>();
  for (const [kind, objects] of runtime)
    for (const object of objects) before.set(keyOf(kind, object.id), foreignObject(kind, object));
  for (const step of steps) {
    if (step.old === undefined || step.oldKey === undefined) continue;
    before.set(step.oldKey, objectBefore(step, step.oldKey, step.old, before.get(step.oldKey), oldKeys));
  }
  const after = new Map(before);
  for (const { op, old, oldKey } of steps) {
    if (DELETES.includes(op) && oldKey !== undefined && !old?.retainOnDelete) after.delete(oldKey);
  }
  // What a failed `up` replaced and did not delete yet the next one deletes, which the preview does not show.
  const urns = new Set(steps.map(({ urn }) => urn));
  for (const { key, foreignOwner = '' } of before.values()) if (urns.has(foreignOwner)) after.delete(key);
  for (const step of steps) {
    const key = keys.get(step.urn);
    if (step.new === undefined || key === undefined || !(CREATES.includes(step.op) || step.op === 'update')) continue;
    after.set(key, objectAfter(step, key, step.new, before.get(key), keys));
  }
  const changes = steps.flatMap((step) => {
    const change = changeOf(step, keys.get(step.urn), before, after, oldKeys);
    return change === undefined
      ? []
      : [{ ...change, secrets: changedSecrets(resourceName({ owner: step.urn }), preview.notes) }];
  });
  return { before, after, changes, dependenciesOf: dependenciesIn(preview) };
}

/** A reading of what another stack owns is no step of ours, and `refresh` only precedes the step that counts. */
function ownSteps(step: Step): OwnStep[] {
  const type = (step.new ?? step.old)?.type ?? '';
  const resource = RESOURCES.find((candidate) => type === `pulumi-nodejs:dynamic/weir:${candidate.type}`);
  const isOwn = resource !== undefined && step.op !== 'refresh' && !step.op.startsWith('read');
  if (!isOwn) return [];
  return [{ ...step, resource, oldKey: step.old?.id === undefined ? undefined : keyOf(resource.kind, step.old.id) }];
}

/** The key that the resource has after the `up`, if it is there then. */
function keyEntry({ op, urn, oldKey, new: next, resource }: OwnStep): [string, string][] {
  if (next === undefined) return [];
  if (!CREATES.includes(op)) return oldKey === undefined ? [] : [[urn, oldKey]];
  const { adopt } = next.inputs;
  if (typeof adopt === 'string' && isReadable(adopt) && op !== 'replace') return [[urn, keyOf(resource.kind, adopt)]];
  const isIdKnown = resource.identity.every((name) => isReadable(next.inputs[name]));
  return [[urn, isIdKnown ? keyOf(resource.kind, objectId(resource, next.inputs)) : urn]];
}

function foreignObject(kind: Kind, object: ApiObject): PlanObject {
  const properties = withKeys(compared(resourceOf(kind), object));
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
function objectBefore(
  { urn, resource }: OwnStep,
  key: string,
  state: State,
  actual: PlanObject | undefined,
  keys: Keys,
): PlanObject {
  const stated = statedOf(resource, state, keys);
  const properties = actual === undefined ? stated : (maskedAs(stated, actual.properties) as Properties);
  const vip = actual?.vip ?? vipIn(state.outputs);
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), properties, vip };
}

function objectAfter(
  { urn, resource }: OwnStep,
  key: string,
  state: State,
  before: PlanObject | undefined,
  keys: Keys,
): PlanObject {
  const resolved = withKeys(masked(resource, state.inputs), state.propertyDependencies, keys);
  const desired = before === undefined ? resolved : (resource.desired?.(resolved, before.properties) ?? resolved);
  const properties = compared(resource, withMembers(desired, before?.properties));
  const vip = resource.kind === 'load-balancers' ? vipAfter(properties, before) : undefined;
  return { kind: resource.kind, key, name: resourceName({ owner: urn }), properties, vip };
}

function statedOf(resource: ResourceDescription, state: State, keys: Keys): Properties {
  return withKeys(compared(resource, masked(resource, state.outputs)), state.propertyDependencies, keys);
}

/** With keys in place of the ids of other objects; of those that are not known, or secret, of what the property depends on. */
function withKeys(
  properties: Properties,
  dependencies: State['propertyDependencies'] = {},
  keys: Keys = new Map(),
): Properties {
  const references = Object.entries(REFERENCES).map(([name, kind]) => {
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
function withMembers(desired: Properties, { members }: Properties = {}): Properties {
  return members === undefined || desired.members !== undefined ? desired : { ...desired, members };
}

function changeOf(
  { op, urn, old, oldKey, resource }: OwnStep,
  key: string | undefined,
  before: Objects,
  after: Objects,
  oldKeys: Keys,
): Omit<ObjectChange, 'secrets'> | undefined {
  const verb = VERBS[op];
  // A leftover of an interrupted replacement, in whose place the new one stands.
  const isLeftover = verb === 'delete' && key !== undefined && key === oldKey;
  if (verb === undefined || isLeftover) return undefined;
  const was = before.get(oldKey ?? key ?? '');
  const is = key === undefined ? undefined : after.get(key);
  const stated = old === undefined ? (was?.properties ?? compared(resource, {})) : statedOf(resource, old, oldKeys);
  if (verb === 'create') return { verb: was === undefined ? 'create' : 'adopt', urn, before: was, after: is, stated };
  if (verb !== 'delete') return { verb, urn, before: was, after: is, stated };
  return { verb: old?.retainOnDelete ? 'release' : 'delete', urn, before: was, after: undefined, stated };
}

/** By the URN's type, which for a child ends with its own. */
function isOfKind(urn: string, kind: Kind): boolean {
  return (urn.split('::')[2] ?? '').endsWith(`pulumi-nodejs:dynamic/weir:${resourceOf(kind).type}`);
}

function masked({ kind }: ResourceDescription, properties: Properties): Properties {
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
function vipAfter({ address }: Properties, before: PlanObject | undefined): string | undefined {
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

function dependenciesIn({ steps, hasDependencies }: Preview): ObjectPlan['dependenciesOf'] {
  const direct = new Map(steps.map(({ urn, new: next }) => [urn, next?.dependencies ?? []]));
  return (urn) => {
    if (!hasDependencies) return undefined;
    const all = new Set<string>();
    const waiting = [urn];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const dependency of direct.get(next) ?? []) {
        if (!all.has(dependency)) waiting.push(dependency);
        all.add(dependency);
      }
    }
    return all;
  };
}
