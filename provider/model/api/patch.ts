// A change of single targets of an attachment, as a JSON merge patch.
import { z } from 'zod';
import { mapKey } from '../objects/network.ts';
import { targetSchema } from '../objects/target-attachment.ts';

export const patchBody = z.strictObject(
  {
    targets: z.record(
      z.string(),
      z.record(z.string(), z.unknown(), 'must be an object, or null to unbind').nullable(),
      'must be an object',
    ),
  },
  'the body must be a JSON object',
);

const targetPatch = z.strictObject(
  Object.fromEntries(Object.entries(targetSchema.shape).map(([name, schema]) => [name, schema.nullish()])),
);

/** `patchBody` for the document: which target needs which property depends on what is stored, and null unsets one. */
export const patchDocument = z.strictObject({ targets: z.record(mapKey, targetPatch.nullable()) });
