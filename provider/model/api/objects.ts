// What the API shows of an object of any kind, and lists of objects.
import { z } from 'zod';

/** The properties and the outputs of its kind stand beside. */
export const apiObject = z.looseObject({
  id: z.string(),
  owner: z.string().optional(),
  incarnation: z.string(),
  version: z.number(),
  lastError: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

export type ApiObject = Readonly<z.infer<typeof apiObject>>;

/** What the runtime says of the object that its user should know. */
export function warningsOf({ warnings, lastError }: ApiObject): string[] {
  return [...(warnings ?? []), ...(lastError ? [lastError] : [])];
}

/** A page of a list; the next one begins behind `cursor`, and without that there is none. */
export function pageOf<T extends z.ZodType>(object: T) {
  return z.object({ items: z.array(object), cursor: z.string().optional() });
}
