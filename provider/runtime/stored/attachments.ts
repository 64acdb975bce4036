// The attachments of the stored model, of either kind: what each is bound to, and the targets that it binds.
import type { Kind } from '../../model/base/kinds.ts';
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
import type { StoredObject } from './object.ts';

export type Attachment = StoredObject<'attachments'> | StoredObject<'group-attachments'>;

/** A target that an attachment binds, with every default resolved. Frozen: where nothing of it changes it stays the same object. */
interface ResolvedTarget {
  /** The id of the attachment. */
  readonly attachment: string;
  /** The name in the attachment's targets, or in the group's members. */
  readonly name: string;
  /** The target key. Under a classic load balancer, each listener of which has a port, the address alone. */
  readonly key: string;
  readonly address: string;
  /** Undefined under a classic load balancer: the listener's `backendPort` counts. */
  readonly port: number | undefined;
  readonly weight: number;
  /** Why it may take no traffic now. */
  readonly ineligible: string | undefined;
}

export function isAttachment(object: StoredObject): object is Attachment {
  return isAttachmentKind(object.kind);
}

export function isAttachmentKind(kind: Kind): kind is Attachment['kind'] {
  return kind === 'attachments' || kind === 'group-attachments';
}

export function* attachmentsOf(view: ModelView): Iterable<Attachment> {
  yield* view.list('attachments');
  yield* view.list('group-attachments');
}

/** The load balancer that a parent is, or belongs to. */
export function loadBalancerOf(objects: StoredObjects, parent: ParentIds): StoredObject<'load-balancers'> | undefined {
  const id = loadBalancerIdOf(lookupIn(objects), parent);
  return id === undefined ? undefined : objects.get('load-balancers', String(id));
}

/** Each target that the attachment asks for, as the model has it. */
export function targetsWanted(
  objects: StoredObjects,
  attachment: Attachment,
): [name: string, target: TargetProperties][] {
  return wantedTargets(lookupIn(objects), attachment) as [string, TargetProperties][];
}

/** By the attachment's properties, which never change. */
const resolved = new WeakMap<
  object,
  { readonly parts: readonly unknown[]; readonly targets: readonly ResolvedTarget[] }
>();

/**
 * The targets that the attachment binds. They are resolved once, and again only after a change of an object that they are
 * made of: a write asks for them many times, and for those of attachments that it does not change.
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

/** What a target resolves to that depends on nothing but itself: a bare address with a port. A patch leaves most of them. */
const selfContained = new WeakMap<TargetProperties, ResolvedTarget>();

/** The objects that an attachment's targets are made of, beside itself and what it is bound to. */
export function targetSourcesOf(objects: StoredObjects, attachment: Attachment): StoredObject[] {
  if (attachment.kind === 'attachments') return serversOf(objects, serverIdsOf(attachment));
  const group = objects.get('groups', attachment.properties.groupId);
  return group === undefined ? [] : [group, ...serversOf(objects, Object.values(membersOf(group)))];
}

function serversOf(objects: StoredObjects, serverIds: readonly string[]): StoredObject[] {
  return serverIds.flatMap((id) => objects.get('backend-servers', id) ?? []);
}

/** By the attachment's properties, which never change: to look through 10,000 targets at each compile takes 4 ms. */
const serverIds = new WeakMap<object, readonly string[]>();

function serverIdsOf({ properties }: StoredObject<'attachments'>): readonly string[] {
  const known = serverIds.get(properties);
  if (known !== undefined) return known;
  const found = Object.values(properties.targets).flatMap(({ serverId }) => serverId ?? []);
  serverIds.set(properties, found);
  return found;
}
