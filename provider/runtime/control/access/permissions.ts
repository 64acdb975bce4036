// Permissions that a request needs: for a write, those for its changes; for a read, those for each object shown. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../../../model/base/kinds.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { parentReferenceOf } from '../../../model/base/references.ts';
import { hasSameParent, PARENTS } from '../../../model/objects/parent.ts';
import { type TargetProperties, weightOf } from '../../../model/objects/target-attachment.ts';
import {
  type Actions,
  BIND,
  DESCRIBE_WORKERS,
  JOIN,
  KIND_ACTIONS,
  LEAVE,
  MODIFY_ATTACHMENT,
  MODIFY_PORT,
  MODIFY_WEIGHT,
  permissionFor,
  UNBIND,
} from '../../../model/permissions/actions.ts';
import type { Compiled } from '../../compile/compile.ts';
import { loadBalancerOf, targetsWanted } from '../../stored/attachments.ts';
import { membersOf } from '../../stored/members.ts';
import type { ModelView, StoredObjects } from '../../stored/model.ts';
import type { Attachment, StoredObject } from '../../stored/object.ts';
import { ownerName } from '../../stored/owner.ts';
import { listenersAt, vipPortOf, vipPortsOf } from '../../stored/vip-ports.ts';
import { type Access, mayAll, type Need } from './access.ts';
import { needOf, needsOf, needsOfPlace } from './resources.ts';

/** The permissions that a caller needs to read the object. */
export function needsOfRead(view: StoredObjects, object: StoredObject): Need[] {
  return needsOf(view, [object], KIND_ACTIONS[object.kind].read);
}

export function mayRead(access: Access, view: StoredObjects, object: StoredObject): boolean {
  return access.isAdministrator || mayAll(access, needsOfRead(view, object));
}

/**
 * The needs of a caller that sees data of a compiled listener, which may be stored or refused. `ruleId`: for data of a
 * rule of the listener.
 */
export function needsOfListener({ sources }: Compiled, listenerId: string, actions: Actions, ruleId?: string): Need[] {
  const loadBalancer = sources.get(listenerId)?.find(({ kind }) => kind === 'load-balancers');
  if (loadBalancer === undefined) return [];
  const own = ruleId === undefined ? `listener/${listenerId}` : `rule/${ruleId}`;
  return [{ actions, resources: [`loadbalancer/${loadBalancer.id}`, own], path: '' }];
}

export const NEEDS_OF_WORKERS: readonly Need[] = [needOf(DESCRIBE_WORKERS.actions, 'runtime')];

/**
 * The permissions that a write needs. `before`: the stored object, `undefined` for a create. `after`: the object after
 * the write, `undefined` for a delete. No permission is needed on an object whose parent is missing.
 */
export function needsOfWrite(
  view: ModelView,
  before: StoredObject | undefined,
  after: StoredObject | undefined,
): Need[] {
  const kind = (after ?? before)?.kind;
  if (kind === undefined) return [];
  if (before !== undefined && after !== undefined && isDeepStrictEqual(contentOf(before), contentOf(after))) {
    return needsOf(view, [before], permissionFor(kind, 'create', 'modify').actions);
  }
  if (kind === 'attachments')
    return attachmentNeeds(view, before as Written<'attachments'>, after as Written<'attachments'>);
  if (kind === 'groups') return groupNeeds(view, before as Written<'groups'>, after as Written<'groups'>);
  if (kind === 'group-attachments')
    return groupAttachmentNeeds(view, before as Written<'group-attachments'>, after as Written<'group-attachments'>);
  const { create, modify, delete: remove } = KIND_ACTIONS[kind];
  if (after === undefined) return needsOf(view, [before], remove);
  const needs = before === undefined ? needsOfPlace(view, [after], create) : needsOf(view, [before], modify);
  // Where an object moves to, it needs what a create there needs, and the action for changes is enough too.
  if (before !== undefined && hasOtherParent(before, after))
    needs.push(...needsOfPlace(view, [after], [...modify, ...create]));
  return [...needs, ...endpointNeeds(view, before, after)];
}

/**
 * The need of a caller that creates a rule. A permission on the listener is enough for any id, but if the caller's
 * statements name the rules that it may write, the new one must be among these, so that it takes no id of others.
 */
export function needsOfNewRule(
  access: Access,
  view: ModelView,
  before: StoredObject | undefined,
  after: StoredObject | undefined,
): Need[] {
  if (before !== undefined || after?.kind !== 'rules') return [];
  const { create, modify, delete: remove } = KIND_ACTIONS.rules;
  const actions: Actions = [...create, ...modify, ...remove];
  return access.maySome({ actions, types: ['rule'] }) ? needsOf(view, [after], actions) : [];
}

/** Whether a listener or rule changes its parent. */
function hasOtherParent(before: StoredObject, after: StoredObject): boolean {
  const [from, to] = [before, after].map(({ kind, properties }) => parentReferenceOf(kind, properties)?.id);
  return from !== to;
}

/** A written object; `undefined` before a create and after a delete. */
type Written<K extends Kind> = StoredObject<K> | undefined;

function attachmentNeeds(view: ModelView, before: Written<'attachments'>, after: Written<'attachments'>): Need[] {
  const isMoved = hasMoved(before, after);
  const old = new Map(before === undefined ? [] : targetsWanted(view, before));
  const next = new Map(after === undefined ? [] : targetsWanted(view, after));
  const isKept = (name: string) => !isMoved && isSameServer(old.get(name), next.get(name));
  const bound = [...next].filter(([name]) => !isKept(name));
  const kept = [...next.keys()]
    .filter(isKept)
    .map((name) => [old.get(name), next.get(name)] as [TargetProperties, TargetProperties]);
  const needs: Need[] = [];
  if (after !== undefined && (isMoved || bound.length > 0)) {
    const actions = BIND[formOf(view, after)];
    needs.push(...needsOf(view, [after], actions), ...serverNeeds('targets', bound, actions));
  }
  if (before !== undefined && (isMoved || [...old.keys()].some((name) => !isKept(name)))) {
    needs.push(...needsOf(view, [before], UNBIND[formOf(view, before)]));
  }
  if (kept.some(([a, b]) => weightOf(a) !== weightOf(b))) needs.push(...needsOf(view, [after], MODIFY_WEIGHT));
  if (kept.some(([a, b]) => a.port !== b.port)) needs.push(...needsOf(view, [after], MODIFY_PORT));
  const isOther = kept.some(([a, b]) => a.description !== b.description || a.type !== b.type);
  if (needs.length === 0 || isOther || settingsDiffer(before, after)) {
    needs.push(...needsOf(view, [before, after], MODIFY_ATTACHMENT));
  }
  return needs;
}

function groupNeeds(view: ModelView, before: Written<'groups'>, after: Written<'groups'>): Need[] {
  const { create, modify, delete: remove } = KIND_ACTIONS.groups;
  if (after === undefined) return needsOf(view, [before], remove);
  const old = new Set(before === undefined ? [] : Object.values(membersOf(before)));
  const members = Object.entries(membersOf(after));
  const joining = members
    .filter(([, serverId]) => !old.has(serverId))
    .map(([name, serverId]) => [name, { serverId }] as const);
  const present = new Set(members.map(([, serverId]) => serverId));
  const needs = serverNeeds('members', joining, JOIN);
  if (before === undefined) return [...needsOf(view, [after], create), ...needs];
  if (joining.length > 0) needs.push(...needsOf(view, [after], JOIN));
  if ([...old].some((serverId) => !present.has(serverId))) needs.push(...needsOf(view, [after], LEAVE));
  const isOther = needs.length === 0 || before.owner !== after.owner;
  return isOther ? [...needs, ...needsOf(view, [after], [modify[0]])] : needs;
}

function groupAttachmentNeeds(
  view: ModelView,
  before: Written<'group-attachments'>,
  after: Written<'group-attachments'>,
): Need[] {
  const { create, modify, delete: remove } = KIND_ACTIONS['group-attachments'];
  const isOther = hasMoved(before, after) || before?.properties.groupId !== after?.properties.groupId;
  if (!isOther) return needsOf(view, [after], modify);
  const needs = needsOf(view, [before], remove);
  if (after !== undefined) {
    const group = needOf(create, `scalinggroup/${after.properties.groupId}`, 'groupId');
    needs.push(...needsOf(view, [after], create), group);
    needs.push(...serverNeeds('members', targetsWanted(view, after), create));
  }
  return needs;
}

/**
 * The permissions that a write needs if it puts a listener on the VIP:port of another load balancer's listener. The new
 * listener may take over the traffic, so the caller must be permitted to modify the other listener.
 */
function endpointNeeds(view: ModelView, before: StoredObject | undefined, after: StoredObject): Need[] {
  const left = before === undefined ? [] : vipPortsOf(view, before);
  const entered = vipPortsOf(view, after).filter((at) => !left.some((other) => isDeepStrictEqual(other, at)));
  const occupants = entered.flatMap((at) => listenersAt(view, at));
  const others = occupants.filter(({ id, properties }) => {
    return after.kind === 'listeners' ? id !== after.id : properties.loadBalancerId !== after.id;
  });
  return others.flatMap((other) => {
    const { vip, port } = vipPortOf(view, other);
    const shown = `the listener of ${ownerName(other)} that has ${vip}:${port}`;
    return needsOf(view, [other], KIND_ACTIONS.listeners.modify).map((need) => ({ ...need, shown }));
  });
}

/** The permissions on the servers of newly bound targets. A target with a bare address needs no such permission. */
function serverNeeds(
  property: string,
  targets: readonly (readonly [name: string, target: Pick<TargetProperties, 'serverId'>])[],
  actions: Actions,
): Need[] {
  return targets.flatMap(([name, { serverId }]) =>
    serverId === undefined ? [] : [needOf(actions, `instance/${serverId}`, propertyPath([property, name]))],
  );
}

/**
 * The content that decides which permissions a write of the object needs. It excludes the incarnation, because a write
 * of only a new incarnation is a repeated create.
 */
function contentOf({ owner, properties }: StoredObject): unknown {
  return { owner, properties };
}

/** The form of an attachment's parent, which decides the cloud API actions that permit binding and unbinding. */
function formOf(view: StoredObjects, { properties }: Attachment): keyof typeof BIND {
  if (loadBalancerOf(view, properties)?.properties.type === 'classic') return 'classic';
  return PARENTS.find((name) => properties[name] !== undefined) ?? 'loadBalancerId';
}

/** Whether an attachment changes its parent. Creating or deleting an attachment counts as a change. */
function hasMoved(before: Attachment | undefined, after: Attachment | undefined): boolean {
  return !hasSameParent(before?.properties ?? {}, after?.properties ?? {});
}

function isSameServer(a: TargetProperties | undefined, b: TargetProperties | undefined): boolean {
  return a !== undefined && b !== undefined && a.serverId === b.serverId && a.address === b.address;
}

function settingsDiffer(before: Written<'attachments'>, after: Written<'attachments'>): boolean {
  if (before === undefined || after === undefined) return false;
  const settings = ({ owner, properties: { targets: _, defaultPort: __, ...rest } }: StoredObject<'attachments'>) => {
    return { owner, ...rest };
  };
  return !hasMoved(before, after) && !isDeepStrictEqual(settings(before), settings(after));
}
