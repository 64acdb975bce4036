// Partial changes of an attachment's targets: merge patches, and puts that keep the stored weights.
import type { Problem } from '../../../model/base/errors.ts';
import { valueIn } from '../../../model/base/record.ts';
import {
  MAX_TARGETS,
  type TargetAttachmentProperties,
  type TargetProperties,
  targetAttachmentSchema,
} from '../../../model/objects/target-attachment.ts';
import { invalid, rulesProblems, schemaProblems } from '../../../model/objects/validate.ts';
import type { ModelView } from '../../stored/model.ts';
import type { StoredObject } from '../../stored/object.ts';
import { existingObject } from '../../stored/references.ts';
import type { PutRequest } from './put-request.ts';

const patchedSchema = targetAttachmentSchema.pick({ targets: true });

/** A JSON merge patch by target name: null unbinds a target, a field of null removes the field, missing fields stay. */
export type TargetsPatch = Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;

/** The attachment's properties after the patch. Throws one error with every problem of the named targets. */
export function patchedAttachment(view: ModelView, id: string, patch: TargetsPatch): TargetAttachmentProperties {
  const object = existingObject(view, 'attachments', id);
  const targets: Record<string, TargetProperties> = { ...object.properties.targets };
  const problems: Problem[] = [];
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) {
      delete targets[name];
      continue;
    }
    const merged = Object.entries({ ...valueIn(targets, name), ...change });
    const named = { targets: { [name]: Object.fromEntries(merged.filter(([, value]) => value !== null)) } };
    const found = schemaProblems(patchedSchema, named);
    problems.push(...found);
    if (found.length === 0) Object.assign(targets, patchedSchema.parse(named).targets);
  }
  const properties = { ...object.properties, targets };
  // Only the patch's targets are checked. The others were checked before, so only their number can break a rule.
  const isTooMany = Object.keys(targets).length > MAX_TARGETS;
  const checked = isTooMany ? properties : withTargetsOf(properties, Object.keys(patch));
  if (problems.length === 0) problems.push(...rulesProblems('attachments', checked));
  if (problems.length > 0) throw invalid(problems);
  return properties;
}

/** The attachment's properties with only the named targets. */
export function withTargetsOf(
  properties: TargetAttachmentProperties,
  names: readonly string[],
): TargetAttachmentProperties {
  const { targets } = properties;
  const named = names.flatMap((name) => (Object.hasOwn(targets, name) ? [[name, targets[name]]] : []));
  return { ...properties, targets: Object.fromEntries(named) };
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
