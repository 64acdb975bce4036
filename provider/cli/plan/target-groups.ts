// Target groups in a plan: the targets of each listener and rule, from all attachments that serve it.

import { type Kind, PARENT_KINDS } from '../../model/base/kinds.ts';
import { idOf, keyOf } from '../../model/base/object-key.ts';
import { isRecord } from '../../model/base/record.ts';
import { targetKey } from '../../model/base/target-key.ts';
import { isKnown } from '../../model/base/unknown.ts';
import { PARENTS } from '../../model/objects/parent.ts';
import { ownResponseName } from '../../model/objects/rule-actions.ts';
import { hasPassed } from '../../model/objects/time.ts';
import { targetFault } from '../../model/rules/eligibility.ts';
import type { Lookup } from '../../model/rules/lookup.ts';
import { type TargetValues, targetValues } from '../../model/rules/membership.ts';
import { AttachmentIndex } from '../../model/rules/serving.ts';
import { addressOf, type TargetFields, wantedTargets } from '../../model/rules/targets.ts';
import type { Objects, PlanObject } from './plan-object.ts';
import { isReadable, SECRET } from './preview.ts';

/** The text that a plan shows for a value that the preview does not contain. */
export const NOT_KNOWN = 'known after up';

export interface Binding {
  readonly attachment: PlanObject;
  /** The target's name in the attachment. */
  readonly name: string;
  /** Target key. `undefined` if the address or the port is not known. */
  readonly key: string | undefined;
  /** The address as a plan shows it: an IP address, else the server's id, else the text for an unknown value. */
  readonly address: string;
  /** The port as a plan shows it. "none" for a target of a classic load balancer to which no listener gives a port. */
  readonly port: string;
  /** The weight of the target. `undefined` if it is not known. */
  readonly weight: number | undefined;
  readonly shownWeight: string;
  /**
   * The reason why the target's server keeps the target from taking traffic. `undefined` if the target may take
   * traffic.
   */
  readonly ineligible: string | undefined;
}

export interface TargetGroup {
  /**
   * The parent of the target group: a listener, a rule, or a load balancer without listeners. If the parent of an
   * attachment is not known, the attachment itself stands here.
   */
  readonly parent: PlanObject;
  /** Whether the targets are those bound to the load balancer, because the listener has no attachment of its own. */
  readonly isDefault: boolean;
  readonly bindings: readonly Binding[];
  /** Attachments whose map of targets is not known at all. */
  readonly unread: readonly PlanObject[];
}

/**
 * Target groups by the plan key of their parent. An attachment whose parent is not known has a target group of its own.
 */
export type TargetGroups = ReadonlyMap<string, TargetGroup>;

export function targetGroupsIn(objects: Objects, nowMs: number): TargetGroups {
  const lookup = lookupIn(objects, nowMs);
  const all = [...objects.values()];
  const attachments = all.filter(({ kind }) => kind === 'attachments' || kind === 'group-attachments');
  const index = new AttachmentIndex(attachments.filter((attachment) => parentKeyOf(attachment) !== undefined));
  const targetGroups = new Map<string, TargetGroup>();
  const shown = new Set<PlanObject>();
  const add = (key: string, parent: PlanObject, from: readonly PlanObject[], isDefault = false) => {
    for (const attachment of from) shown.add(attachment);
    targetGroups.set(key, targetGroupOf(lookup, objects, parent, from, isDefault));
  };
  for (const object of all) {
    if (object.kind === 'rules') {
      const bound = index.ofRule(object.key);
      const hasTargets = ownResponseName(object.properties) === undefined;
      // An attachment that is left at a rule without targets is about to be deleted.
      for (const attachment of bound) shown.add(attachment);
      add(object.key, object, hasTargets ? bound : []);
    }
    if (object.kind !== 'listeners') continue;
    const serving = index.ofListener(object.key, object, objects.get(String(object.properties.loadBalancerId)));
    add(object.key, object, serving, !index.hasOwn(object.key) && serving.length > 0);
  }
  const others = attachments.filter((attachment) => !shown.has(attachment));
  for (const [key, [attachment, ...more]] of Map.groupBy(
    others,
    (attachment) => parentKeyOf(attachment) ?? attachment.key,
  )) {
    if (attachment !== undefined) add(key, objects.get(key) ?? absent(key, attachment), [attachment, ...more]);
  }
  return targetGroups;
}

/**
 * The objects of a plan as rules look them up. A secret counts as unknown, like a value that `pulumi up` decides.
 */
function lookupIn(objects: Objects, nowMs: number): Lookup {
  // Rules look objects up by plan keys, except for the servers of targets and members, which they look up by ids.
  const find = (kind: Kind, reference: unknown) =>
    objects.get(String(reference)) ?? objects.get(keyOf(kind, reference));
  return {
    get: (kind, reference) => find(kind, reference)?.properties as never,
    isKnown: isReadable,
    hasExpired: (server) => {
      const expiresAt = find('backend-servers', server)?.properties.expiresAt;
      return typeof expiresAt === 'string' && isReadable(expiresAt) && hasPassed(expiresAt, nowMs);
    },
  };
}

/** A parent that belongs to another stack, in a plan that knows only the objects of this stack. */
function absent(key: string, attachment: PlanObject): PlanObject {
  const reference = PARENTS.find((name) => attachment.properties[name] === key) ?? 'listenerId';
  return { kind: PARENT_KINDS[reference], key, name: idOf(key), properties: {} };
}

/** The plan key of an attachment's parent. Returns `undefined` if it is only known after `pulumi up`. */
function parentKeyOf({ properties }: PlanObject): string | undefined {
  const [parent] = PARENTS.map((name) => properties[name]).filter((value) => value !== undefined);
  return typeof parent === 'string' && isReadable(parent) ? parent : undefined;
}

function targetGroupOf(
  lookup: Lookup,
  objects: Objects,
  parent: PlanObject,
  attachments: readonly PlanObject[],
  isDefault: boolean,
): TargetGroup {
  const loadBalancer = loadBalancerOf(objects, parent)?.properties;
  const fixedPort = parent.properties.backendPort;
  const bindings: Binding[] = [];
  const unread: PlanObject[] = [];
  for (const attachment of attachments) {
    const targets = targetsOf(lookup, objects, attachment);
    if (targets === undefined) unread.push(attachment);
    for (const [name, target] of targets ?? []) {
      const reason = loadBalancer && targetFault(lookup, target, loadBalancer)?.reason;
      bindings.push({ attachment, name, ...shownValues(lookup, target, fixedPort), ineligible: reason });
    }
  }
  return { parent, isDefault, bindings, unread };
}

function loadBalancerOf(objects: Objects, parent: PlanObject): PlanObject | undefined {
  if (parent.kind === 'load-balancers') return objects.get(parent.key);
  return objects.get(String(listenerOfParent(objects, parent)?.properties.loadBalancerId));
}

/** The listener of a target group's parent: the listener itself, or the listener of a rule. */
export function listenerOfParent(objects: Objects, { kind, properties, key }: PlanObject): PlanObject | undefined {
  return objects.get(kind === 'rules' ? String(properties.listenerId) : key);
}

/** The targets of an attachment by name. Returns `undefined` if the whole map of targets is not known. */
function targetsOf(lookup: Lookup, objects: Objects, attachment: PlanObject): [string, TargetFields][] | undefined {
  const { kind, properties } = attachment;
  if (kind === 'group-attachments') {
    const targetGroup = objects.get(String(properties.groupId));
    const isTold =
      targetGroup !== undefined &&
      (targetGroup.properties.members === undefined || isRecord(targetGroup.properties.members));
    return isTold ? wantedTargets(lookup, { kind, properties }) : undefined;
  }
  const { targets } = properties;
  if (!isRecord(targets)) return undefined;
  const wanted = new Map(wantedTargets(lookup, { kind: 'attachments', properties }));
  // A target that is not known yet is shown as unknown in each of its values.
  return Object.entries(targets).map(([name, target]) => {
    return [name, wanted.get(name) ?? { address: target, port: target, weight: target }];
  });
}

function shownValues(lookup: Lookup, target: TargetFields, fixedPort: unknown) {
  const address = addressOf(lookup, target);
  const port = fixedPort ?? target.port;
  const { serverId: _, ...bare } = target;
  const values = targetValues({ targets: { it: { ...bare, address, port } } }, isReadable).get('it') as TargetValues;
  const isWhole = typeof values.address === 'string' && typeof values.port === 'number';
  return {
    key: isWhole ? targetKey(String(values.address), Number(values.port)) : undefined,
    address: shown(values.address ?? address ?? target.serverId),
    port: values.port === null ? 'none' : shown(values.port ?? port),
    weight: typeof values.weight === 'number' ? values.weight : undefined,
    shownWeight: shown(values.weight ?? target.weight),
  };
}

function shown(value: unknown): string {
  if (value === SECRET) return 'secret';
  return isKnown(value) && value !== undefined ? String(value) : NOT_KNOWN;
}
