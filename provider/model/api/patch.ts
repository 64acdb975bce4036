// JSON merge patches of objects: their shape in the OpenAPI document, and what is checked before a patch is applied.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import type { Kind } from '../base/kinds.ts';
import { propertyPath } from '../base/property-path.ts';
import { isRecord } from '../base/record.ts';
import { SCHEMAS } from '../objects/schemas.ts';
import { countProblems } from '../objects/validate.ts';
import { bodySchema, identitySchema } from './objects-by-kind.ts';

/** A patch may remove all elements of a map and add as many others. */
const TIMES = 2;

/**
 * The shape of a patch for the OpenAPI document: every property may be missing, and `null` unsets it. Which properties an
 * object needs depends on the stored object.
 */
export function patchDocument(kind: Kind): z.ZodType {
  return partial(bodySchema(kind));
}

/** The problems of a patch by itself. Problems of the object after the patch are found when the patch is applied. */
export function patchProblems(kind: Kind, patch: unknown): Problem[] {
  if (!isRecord(patch)) return [{ path: '', message: 'the body must be a JSON object' }];
  const counted = countProblems(patch, () => true, TIMES);
  if (counted.length > 0) return counted;
  const known = { ...SCHEMAS[kind].shape, ...identitySchema.shape };
  const unknown = Object.keys(patch).filter((name) => !Object.hasOwn(known, name));
  return unknown.map((name) => ({ path: propertyPath([name]), message: 'is not a property' }));
}

function partial(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return partial(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodObject) {
    const members = Object.entries(schema.shape).map(([name, member]) => [
      name,
      partial(member as z.ZodType).nullish(),
    ]);
    return z.strictObject(Object.fromEntries(members));
  }
  if (schema instanceof z.ZodRecord) return z.record(schema.keyType, partial(schema.valueType as z.ZodType).nullable());
  return schema;
}
