// The targets that an attachment asks for, whether they are its own or the members of an auto scaling group.
import { isRecord } from '../base/record.ts';
import { hasSameParent } from '../objects/parent.ts';
import type { TargetProperties } from '../objects/target-attachment.ts';
import type { AttachmentFields, Lookup, ObjectFields } from './lookup.ts';

export type TargetFields = { readonly [P in keyof TargetProperties]?: unknown };

/**
 * The targets of an attachment by name. Each has its own port, else the attachment's default. A member of an auto
 * scaling group has the type of its server.
 */
export function wantedTargets(
  lookup: Lookup,
  { kind, properties }: AttachmentFields,
): [name: string, target: TargetFields][] {
  if (kind === 'group-attachments') {
    const { groupId, port, weight } = properties;
    return membersOf(lookup, groupId).map(([name, serverId]) => {
      return [name, { serverId, type: lookup.get('backend-servers', serverId)?.kind, port, weight }];
    });
  }
  return ownTargets(properties);
}

/**
 * A cache of the targets in an attachment's properties, which never change. The runtime asks for the targets several
 * times in each write.
 */
const known = new WeakMap<ObjectFields<'attachments'>, [name: string, target: TargetFields][]>();

function ownTargets(properties: ObjectFields<'attachments'>): [name: string, target: TargetFields][] {
  const present = known.get(properties);
  if (present !== undefined) return present;
  const { targets, defaultPort } = properties;
  const own = Object.entries(isRecord(targets) ? targets : {}).flatMap(([name, target]): [string, TargetFields][] =>
    isRecord(target) ? [[name, withPort(target, defaultPort)]] : [],
  );
  known.set(properties, own);
  return own;
}

/**
 * The target with a port. A target that gives its own port is returned as the same object, so that comparisons are
 * fast.
 */
function withPort(target: TargetFields, defaultPort: unknown): TargetFields {
  return target.port === undefined ? { ...target, port: defaultPort } : target;
}

/**
 * The servers of an auto scaling group by name. Returns an empty list if the model does not know the group's members.
 */
function membersOf(lookup: Lookup, groupId: unknown): [name: string, serverId: unknown][] {
  const members = lookup.get('groups', groupId)?.members;
  return Object.entries(isRecord(members) ? members : {});
}

/** A target's address: its own, else the first one of its server. Returns `undefined` if the model does not have it. */
export function addressOf(lookup: Lookup, { serverId, address }: TargetFields): unknown {
  if (address !== undefined || serverId === undefined) return address;
  const addresses: unknown = lookup.get('backend-servers', serverId)?.addresses;
  return Array.isArray(addresses) ? addresses[0] : undefined;
}

/**
 * The targets that an attachment newly binds: all of them under another parent, else those that it did not bind before.
 */
export function newTargets(
  lookup: Lookup,
  next: AttachmentFields,
  before: AttachmentFields | undefined,
): [name: string, target: TargetFields][] {
  // The members of a group are not part of the properties, and may have changed since.
  if (next.kind === 'group-attachments' || before?.kind === 'group-attachments') return found(lookup, next, before);
  const ofNext = lastFound.get(next.properties) ?? new WeakMap<object, [string, TargetFields][]>();
  lastFound.set(next.properties, ofNext);
  const key = before?.properties ?? NONE;
  const targets = ofNext.get(key) ?? found(lookup, next, before);
  ofNext.set(key, targets);
  return targets;
}

/**
 * A cache of results by the properties after and before, because several rules of one write ask for them. Both are held
 * weakly: the properties of an attachment would otherwise keep all earlier ones.
 */
const lastFound = new WeakMap<object, WeakMap<object, [string, TargetFields][]>>();
/** Stands for no properties before. */
const NONE = {};

function found(
  lookup: Lookup,
  next: AttachmentFields,
  before: AttachmentFields | undefined,
): [name: string, target: TargetFields][] {
  const wanted = wantedTargets(lookup, next);
  if (before === undefined || !hasSameParent(before.properties, next.properties)) return wanted;
  const old = new Map(wantedTargets(lookup, before));
  const others = wanted.filter(([name, target]) => !isSameTarget(old.get(name), target));
  if (others.length === 0) return [];
  const bound = new Set([...old.values()].map(nameless));
  return others.filter(([, target]) => !bound.has(nameless(target)));
}

/**
 * Whether two targets mean the same. Most targets of an attachment are the very same objects as before, which is
 * checked first.
 */
function isSameTarget(a: TargetFields | undefined, b: TargetFields): boolean {
  return a === b || (a !== undefined && nameless(a) === nameless(b));
}

/** The meaning of a target as one text: everything but its name, weight and description. */
function nameless({ serverId, address, type, port }: TargetFields): string {
  return JSON.stringify([serverId, address, type, port]);
}
