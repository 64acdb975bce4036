// A JSON merge patch that changes single targets of an attachment.
import { z } from 'zod';
import { mapKey } from '../objects/network.ts';
import { targetSchema } from '../objects/target-attachment.ts';

export const patchBody = z.strictObject(
  {
    targets: z.record(
      mapKey,
      z.record(mapKey, z.unknown(), 'must be an object, or null to unbind').nullable(),
      'must be an object',
    ),
  },
  'the body must be a JSON object',
);

const targetPatch = z.strictObject(
  Object.fromEntries(Object.entries(targetSchema.shape).map(([name, schema]) => [name, schema.nullish()])),
);

/**
 * The shape of `patchBody` for the OpenAPI document. The properties that a target needs depend on the stored target,
 * and `null` unsets a property.
 */
export const patchDocument = z.strictObject({ targets: z.record(mapKey, targetPatch.nullable()) });
