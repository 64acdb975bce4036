// Partial changes of an object: merge patches, and puts that keep the stored weights.
import type { Problem } from '../../../model/base/errors.ts';
import type { Kind } from '../../../model/base/kinds.ts';
import { type MergePatch, patched } from '../../../model/base/merge-patch.ts';
import { propertyPath } from '../../../model/base/property-path.ts';
import { changedNames, isRecord, valueIn } from '../../../model/base/record.ts';
import type { PropertiesOf } from '../../../model/objects/schemas.ts';
import type { TargetAttachmentProperties } from '../../../model/objects/target-attachment.ts';
import {
  countProblems,
  invalid,
  parsedProperties,
  parseProperties,
  problemsOf,
} from '../../../model/objects/validate.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { existingObject } from '../../stored/references.ts';
import type { PutRequest } from './put-request.ts';

/** Maps of large entries. Entries that a patch does not name are not parsed again: a certificate takes a millisecond. */
const MAPS = ['targets', 'certificates'] as const;

/**
 * The object's properties after a merge patch. Throws one error with every problem of what the patch names. Entries of
 * maps that the patch does not name were checked before, so only their number can break a rule.
 */
export function patchedProperties<K extends Kind>(view: ModelView, kind: K, id: string, patch: MergePatch) {
  const { properties } = existingObject<Kind>(view, kind, id);
  const merged = patched(properties, patch) as Record<string, unknown>;
  const counted = countProblems(merged);
  if (counted.length > 0) throw invalid(counted);
  const unbound = unboundProblems(properties as MergePatch, patch);
  if (unbound.length > 0) throw invalid(unbound);
  const named = { ...merged };
  for (const map of MAPS) {
    if (isRecord(merged[map]) && isRecord(valueIn(properties as MergePatch, map))) {
      named[map] = partOf(merged[map], Object.keys(patch[map] ?? {}));
    }
  }
  const parsed: Record<string, unknown> = { ...parseProperties<Kind>(kind, named) };
  for (const map of MAPS) if (isRecord(parsed[map])) parsed[map] = patched(merged[map], parsed[map]);
  return parsed as unknown as PropertiesOf<K>;
}

/**
 * The properties of a put, and their problems. Targets that equal stored ones become the stored objects and are not
 * parsed again, so that a put costs what it changes. Targets that mean the same are found when the put is checked
 * beside other objects.
 */
export function putProperties<K extends Kind>(
  kind: K,
  input: Record<string, unknown>,
  existing: StoredObject | undefined,
): { readonly problems: readonly Problem[]; readonly properties: () => PropertiesOf<K> } {
  const parsedWhole = { problems: [], properties: () => parsedProperties(kind, input) };
  const { targets } = input;
  if (existing?.kind !== 'attachments' || kind !== 'attachments' || !isRecord(targets))
    return { ...parsedWhole, problems: problemsOf(kind, input) };
  const stored = existing.properties.targets;
  const others = changedNames(targets, stored, isSameEntry);
  const part = { ...input, targets: entriesOf(targets, others) };
  // An error names every problem, also those that an unchanged target has together with others.
  if (countProblems(input).length > 0 || problemsOf(kind, part).length > 0)
    return { ...parsedWhole, problems: problemsOf(kind, input) };
  const properties = (): TargetAttachmentProperties => {
    const parsed = parsedProperties<'attachments'>('attachments', part);
    const hasSameNames =
      Object.keys(targets).length === Object.keys(stored).length && others.every((name) => Object.hasOwn(stored, name));
    if (hasSameNames) return { ...parsed, targets: others.length === 0 ? stored : { ...stored, ...parsed.targets } };
    const whole = Object.keys(targets).map((name) => [name, valueIn(parsed.targets, name) ?? stored[name]]);
    return { ...parsed, targets: Object.fromEntries(whole) };
  };
  return { problems: [], properties: properties as () => PropertiesOf<K> };
}

/** The names of the attachment's targets that are not the identical objects in another version of it. */
export function changedTargets(next: TargetAttachmentProperties, before: TargetAttachmentProperties | undefined) {
  return changedNames(next.targets, before?.targets ?? {});
}

/** Whether two entries of a map have the same values, none of which is an object. */
function isSameEntry(a: unknown, b: unknown): boolean {
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === valueIn(b, name));
}

/** Problems of a patch that changes targets which are not bound, such as the weight of a name that is mistyped. */
function unboundProblems(before: MergePatch, { targets }: MergePatch): Problem[] {
  const bound = valueIn(before, 'targets');
  if (!isRecord(targets) || !isRecord(bound)) return [];
  return Object.entries(targets).flatMap(([name, target]) => {
    if (!isRecord(target) || Object.hasOwn(bound, name) || 'address' in target || 'serverId' in target) return [];
    const message = 'is not bound: check the name, or give address or serverId to bind it';
    return [{ path: propertyPath(['targets', name]), message }];
  });
}

/** The attachment's properties with only the named targets. */
export function withTargetsOf(
  properties: TargetAttachmentProperties,
  names: readonly string[],
): TargetAttachmentProperties {
  return { ...properties, targets: entriesOf(properties.targets, names) };
}

/** The properties that a put stores: targets that are already bound keep their stored weights. */
export function withBoundWeights(
  { properties }: PutRequest,
  existing: StoredObject | undefined,
): PutRequest['properties'] {
  if (existing?.kind !== 'attachments' || !('targets' in properties)) return properties;
  const bound = existing.properties.targets;
  const targets = Object.entries(properties.targets).map(([name, { weight: given, ...target }]) => {
    const before = valueIn(bound, name);
    const weight = before === undefined ? given : before.weight;
    return [name, weight === undefined ? target : { ...target, weight }];
  });
  return { ...properties, targets: Object.fromEntries(targets) };
}

/** The named entries of a map. Returns any one entry if it has none of them, because some maps must not be empty. */
function partOf(map: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  const named = entriesOf(map, names);
  return Object.keys(named).length > 0 ? named : entriesOf(map, Object.keys(map).slice(0, 1));
}

function entriesOf<T>(map: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(map, name) ? [[name, map[name] as T]] : [])));
}
