// Bodies of responses, and events, as values of the API's shapes.
import type { z } from 'zod';
import { json } from '../model/base/json.ts';
import { propertyPath } from '../model/base/property-path.ts';

/** `fault`: what keeps the text from being one. */
type Read<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string };

/**
 * The text as a value of the shape, with all that it has. Only types are looked at: a newer runtime may have properties
 * beside those of the shape, and names of states, codes and actions that this release does not know.
 */
export function read<T>(shape: z.ZodType<T>, text: string): Read<T> {
  const value = json(text);
  const fault = shape.safeParse(value).error?.issues.find(({ code }) => code === 'invalid_type');
  return fault === undefined ? { value: value as T } : { fault: `${propertyPath(fault.path)} ${fault.message}`.trim() };
}
