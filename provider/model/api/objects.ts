// Objects of any kind as the API shows them, and lists of objects.
import { z } from 'zod';

/** Knowledge about an object for the stack that owns it. Only responses to requests with `by=stack` have it. */
const stackRecord = z.object({
  /** Time of the create in RFC 3339. Missing for an object that an earlier release created. */
  createdAt: z.string().optional(),
  /** The version of the model of the stack's last write. Missing if the runtime does not know it. */
  writtenVersion: z.number().optional(),
  /** The merge patch from the object's properties to those that the stack last wrote. Missing with `writtenVersion`. */
  written: z.record(z.string(), z.unknown()).optional(),
});

/** An object of any kind. The properties and outputs of its kind are further properties. */
export const apiObject = z.looseObject({
  id: z.string(),
  owner: z.string().optional(),
  incarnation: z.string(),
  version: z.number(),
  lastError: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  stack: stackRecord.optional(),
});

export type ApiObject = Readonly<z.infer<typeof apiObject>>;

/** The response to a delete that has ended while something below the object is still open. */
export const deletedResponse = z.object({ warnings: z.array(z.string()).optional() });

/** The header of a request that wants to hear how far it is, and of the responses 102 that say so, encoded as in URLs. */
export const PROGRESS_HEADER = 'x-weir-progress';

/** The runtime's messages about an object for its user: the warnings and the last error. */
export function warningsOf({ warnings, lastError }: ApiObject): string[] {
  return [...(warnings ?? []), ...(lastError ? [lastError] : [])];
}

/** A page of a list. The next page begins behind `cursor`, which the last page does not have. */
export function pageOf<T extends z.ZodType>(object: T) {
  return z.object({ items: z.array(object), cursor: z.string().optional() });
}
