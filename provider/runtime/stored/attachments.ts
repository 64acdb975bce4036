// Attachments in the stored model: the parent of each attachment and the targets that it binds.
import { isSameList } from '../../model/base/same-list.ts';
import { canonicalAddress, targetKey } from '../../model/base/target-key.ts';
import type { ParentIds } from '../../model/objects/parent.ts';
import { type TargetProperties, weightOf } from '../../model/objects/target-attachment.ts';
import { targetFault } from '../../model/rules/eligibility.ts';
import { loadBalancerIdOf } from '../../model/rules/parents.ts';
import { addressOf, wantedTargets } from '../../model/rules/targets.ts';
import { lookupIn } from './lookup.ts';
import { membersOf } from './members.ts';
import type { ModelView, StoredObjects } from './model.ts';
import type { Attachment, StoredObject } from './object.ts';

/** A target that an attachment binds, with every default resolved. An unchanged target is the identical object. */
export interface ResolvedTarget {
  /** The id of the attachment. */
  readonly attachment: string;
  /** Name of the target in the attachment's `targets`, or of the member in the auto scaling group's `members`. */
  readonly name: string;
  /** Target key. Under a classic load balancer only the address, because its listeners decide the port. */
  readonly key: string;
  readonly address: string;
  /** Port of the target; `undefined` under a classic load balancer, whose listeners decide it by `backendPort`. */
  readonly port: number | undefined;
  readonly weight: number;
  /** Why the target's server is ineligible for traffic now; `undefined` if the server is eligible. */
  readonly ineligible: string | undefined;
}

/**
 * The model version at which an attachment began to bind a target, whose key is only the address under a classic load
 * balancer. Returns `undefined` if the attachment does not bind the target.
 */
export function bindingSince(attachment: Attachment, { key, address }: BoundTarget): number | undefined {
  const { boundSince } = attachment.state;
  return boundSince[key] ?? boundSince[canonicalAddress(address)];
}

/** The token that bound a target of an attachment. Returns `undefined` if the administrator did. */
export function boundByOf({ createdBy, state }: Attachment, { key, address }: BoundTarget): string | undefined {
  const token = state.boundBy?.[key] ?? state.boundBy?.[canonicalAddress(address)] ?? createdBy;
  return token === '' ? undefined : token;
}

type BoundTarget = Pick<ResolvedTarget, 'key' | 'address'>;

export function* attachmentsOf(view: ModelView): Iterable<Attachment> {
  yield* view.list('attachments');
  yield* view.list('group-attachments');
}

/** The attachment with this id, of either kind. */
export function attachmentWithId(objects: StoredObjects, id: string): Attachment | undefined {
  return objects.get('attachments', id) ?? objects.get('group-attachments', id);
}

/** The attachments that bind the members of an auto scaling group. */
export function attachmentsOfGroup(view: ModelView, groupId: string): StoredObject<'group-attachments'>[] {
  return [...view.list('group-attachments')].filter(({ properties }) => properties.groupId === groupId);
}

/**
 * The load balancer that is the parent of an attachment, or to which that parent belongs. Returns `undefined` if the
 * load balancer is missing.
 */
export function loadBalancerOf(objects: StoredObjects, parent: ParentIds): StoredObject<'load-balancers'> | undefined {
  const id = loadBalancerIdOf(lookupIn(objects), parent);
  return id === undefined ? undefined : objects.get('load-balancers', String(id));
}

/** Every target that the attachment asks for, by name, even if the target cannot be bound. */
export function targetsWanted(
  objects: StoredObjects,
  attachment: Attachment,
): [name: string, target: TargetProperties][] {
  return wantedTargets(lookupIn(objects), attachment) as [string, TargetProperties][];
}

/** Cache of resolved targets by the frozen properties of an attachment; an update has new properties. */
const resolved = new WeakMap<
  object,
  { readonly parts: readonly unknown[]; readonly targets: readonly ResolvedTarget[] }
>();

/**
 * The targets that the attachment binds. The result is kept until an object that the targets depend on changes, because
 * one write asks many times for the targets of the same attachments.
 */
export function resolvedTargets(objects: StoredObjects, attachment: Attachment): readonly ResolvedTarget[] {
  const parts = [loadBalancerOf(objects, attachment.properties), ...targetSourcesOf(objects, attachment)];
  const known = resolved.get(attachment.properties);
  if (known !== undefined && isSameList(known.parts, parts)) return known.targets;
  const targets = resolve(objects, attachment);
  resolved.set(attachment.properties, { parts, targets });
  return targets;
}

function resolve(objects: StoredObjects, attachment: Attachment): ResolvedTarget[] {
  const lookup = lookupIn(objects);
  const loadBalancer = loadBalancerOf(objects, attachment.properties)?.properties;
  const isClassic = loadBalancer?.type === 'classic';
  return targetsWanted(objects, attachment).flatMap(([name, target]) => {
    const known = selfContained.get(target);
    if (known?.name === name && known.attachment === attachment.id && !isClassic) return [known];
    const address = addressOf(lookup, target) as string | undefined;
    const port = isClassic ? undefined : target.port;
    if (address === undefined || (port === undefined && !isClassic)) return [];
    const key = port === undefined ? canonicalAddress(address) : targetKey(address, port);
    const ineligible = loadBalancer && targetFault(lookup, target, loadBalancer)?.reason;
    const found = { attachment: attachment.id, name, key, address, port, weight: weightOf(target), ineligible };
    if (target.serverId === undefined && target.type === undefined && port !== undefined)
      selfContained.set(target, found);
    return [Object.freeze(found)];
  });
}

/**
 * Cache of resolved targets that depend on no other object: a bare address with a port. Most patches change few of
 * them.
 */
const selfContained = new WeakMap<TargetProperties, ResolvedTarget>();

/** The servers and the auto scaling group that an attachment's targets depend on. */
export function targetSourcesOf(objects: StoredObjects, attachment: Attachment): StoredObject[] {
  if (attachment.kind === 'attachments') return serversOf(objects, serverIdsOf(attachment));
  const group = objects.get('groups', attachment.properties.groupId);
  return group === undefined ? [] : [group, ...serversOf(objects, Object.values(membersOf(group)))];
}

function serversOf(objects: StoredObjects, serverIds: readonly string[]): StoredObject[] {
  return serverIds.flatMap((id) => objects.get('backend-servers', id) ?? []);
}

/** Cache of server ids by attachment properties; without it, each compile would spend 4 ms on 10,000 targets. */
const serverIds = new WeakMap<object, readonly string[]>();

function serverIdsOf({ properties }: StoredObject<'attachments'>): readonly string[] {
  const known = serverIds.get(properties);
  if (known !== undefined) return known;
  const found = Object.values(properties.targets).flatMap(({ serverId }) => serverId ?? []);
  serverIds.set(properties, found);
  return found;
}
