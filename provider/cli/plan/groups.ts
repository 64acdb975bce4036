// What is balanced as one, before and after the `up`: the targets of a listener or of a rule, from all that bind them.

import { idOf, keyOf } from '../../model/base/object-key.ts';
import { isRecord } from '../../model/base/record.ts';
import { REFERENCES } from '../../model/base/references.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { PARENTS } from '../../model/objects/parent.ts';
import { type Wire, wiresOf } from '../../model/rules/membership.ts';
import { placeOf, targetFault } from '../../program/eligibility.ts';
import type { Properties } from '../../properties/properties.ts';
import type { Objects, PlanObject } from './objects.ts';
import { isReadable, SECRET } from './preview.ts';

/** What stands for a value that the preview does not tell. */
export const NOT_KNOWN = 'known after up';

export interface Binding {
  readonly binder: PlanObject;
  /** The name in the binder's map. */
  readonly name: string;
  /** Wire identity; undefined where address or port is not known. */
  readonly key: string | undefined;
  /** As shown: an address, or what is known in its place. */
  readonly address: string;
  /** As shown; "none" for a classic load balancer's target that no listener gives one. */
  readonly port: string;
  /** Undefined: not known. */
  readonly weight: number | undefined;
  readonly shownWeight: string;
  /** Why it may take no traffic, as far as its server tells. */
  readonly ineligible: string | undefined;
}

export interface Group {
  /** The listener or rule; a load balancer without a listener for it; the binder itself where its parent is not known. */
  readonly parent: PlanObject;
  /** Whether the targets are those of the load balancer's default group. */
  readonly isDefault: boolean;
  readonly bindings: readonly Binding[];
  /** Binders whose targets are not known as a whole. */
  readonly unread: readonly PlanObject[];
}

/** By what the group is of; binders of something that is not known have one each. */
export type Groups = ReadonlyMap<string, Group>;

export function groupsOf(objects: Objects, nowMs: number): Groups {
  const all = [...objects.values()];
  const binders = all.filter(({ kind }) => kind === 'attachments' || kind === 'group-attachments');
  const byParent = Map.groupBy(binders, (binder) => parentKeyOf(binder) ?? binder.key);
  const groups = new Map<string, Group>();
  const served = new Set<string>();
  const add = (key: string, parent: PlanObject, from: string, isDefault = false) => {
    served.add(from);
    groups.set(key, groupOf(objects, parent, byParent.get(from) ?? [], isDefault, nowMs));
  };
  for (const object of all) {
    if (object.kind === 'rules') add(object.key, object, object.key);
    if (object.kind !== 'listeners') continue;
    const loadBalancer = String(object.properties.loadBalancerId);
    const isDefault = !byParent.has(object.key) && byParent.has(loadBalancer);
    add(object.key, object, isDefault ? loadBalancer : object.key, isDefault);
  }
  for (const [key, [binder]] of byParent) {
    if (!served.has(key)) add(key, objects.get(key) ?? absent(key, binder), key);
  }
  return groups;
}

/** What is another stack's, where only this one's objects are known. */
function absent(key: string, binder: PlanObject | undefined): PlanObject {
  const reference = PARENTS.find((name) => binder?.properties[name] === key) ?? 'listenerId';
  return { kind: REFERENCES[reference], key, name: idOf(key), properties: {} };
}

/** Undefined: known after the `up`. */
function parentKeyOf({ properties }: PlanObject): string | undefined {
  const [parent] = PARENTS.map((name) => properties[name]).filter((value) => value !== undefined);
  return typeof parent === 'string' && isReadable(parent) ? parent : undefined;
}

function groupOf(
  objects: Objects,
  parent: PlanObject,
  binders: readonly PlanObject[],
  isDefault: boolean,
  nowMs: number,
): Group {
  const place = placeOf(loadBalancerOf(objects, parent)?.properties);
  const fixedPort = parent.properties.backendPort;
  const bindings: Binding[] = [];
  const unread: PlanObject[] = [];
  for (const binder of binders) {
    const targets = targetsOf(objects, binder);
    if (targets === undefined) unread.push(binder);
    for (const [name, target] of Object.entries(targets ?? {})) {
      const server = serverOf(objects, target.serverId);
      const reason = place && targetFault(target, server, place, nowMs)?.reason;
      // What differs from a secret, as the preview masks it, may be equal.
      const ineligible = reason?.includes(SECRET) ? undefined : reason;
      bindings.push({ binder, name, ...wireOf(target, server, fixedPort), ineligible });
    }
  }
  return { parent, isDefault, bindings, unread };
}

function loadBalancerOf(objects: Objects, parent: PlanObject): PlanObject | undefined {
  if (parent.kind === 'load-balancers') return objects.get(parent.key);
  return objects.get(String(listenerOf(objects, parent)?.properties.loadBalancerId));
}

/** The listener itself, or that of a rule. */
export function listenerOf(objects: Objects, { kind, properties, key }: PlanObject): PlanObject | undefined {
  return objects.get(kind === 'rules' ? String(properties.listenerId) : key);
}

/** A binder's targets with all that it says of every one of them; undefined where the map is not known. */
function targetsOf(objects: Objects, { kind, properties }: PlanObject): Record<string, Properties> | undefined {
  const { targets, groupId, port, weight, defaultPort } = properties;
  if (kind === 'group-attachments') {
    const members = objects.get(String(groupId))?.properties.members;
    if (!isRecord(members)) return members === undefined && objects.has(String(groupId)) ? {} : undefined;
    const memberOf = (serverId: unknown) => ({ serverId, type: serverOf(objects, serverId)?.kind, port, weight });
    return Object.fromEntries(Object.entries(members).map(([name, serverId]) => [name, memberOf(serverId)]));
  }
  if (!isRecord(targets)) return undefined;
  return Object.fromEntries(
    Object.entries(targets).map(([name, target]) => [
      name,
      isRecord(target)
        ? { ...target, port: target.port ?? defaultPort }
        : { address: target, port: target, weight: target },
    ]),
  );
}

function serverOf(objects: Objects, id: unknown): Properties | undefined {
  return objects.get(keyOf('backend-servers', String(id)))?.properties;
}

function wireOf({ serverId, ...target }: Properties, server: Properties | undefined, fixedPort: unknown) {
  const address = target.address ?? (Array.isArray(server?.addresses) ? server.addresses[0] : undefined);
  const port = fixedPort ?? target.port;
  const wire = wiresOf({ targets: { it: { ...target, address, port } } }, isReadable).get('it') as Wire;
  const isWhole = typeof wire.address === 'string' && typeof wire.port === 'number';
  return {
    key: isWhole ? targetKey(String(wire.address), Number(wire.port)) : undefined,
    address: shown(wire.address ?? address ?? serverId),
    port: wire.port === null ? 'none' : shown(wire.port ?? port),
    weight: typeof wire.weight === 'number' ? wire.weight : undefined,
    shownWeight: shown(wire.weight ?? target.weight),
  };
}

function shown(value: unknown): string {
  if (value === SECRET) return 'secret';
  return isKnown(value) && value !== undefined ? String(value) : NOT_KNOWN;
}
