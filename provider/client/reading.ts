// Responses and events, parsed as values of the API's shapes.
import type { z } from 'zod';
import { json } from '../model/base/json.ts';
import { propertyPath } from '../model/base/property-path.ts';

/** Either the parsed value or, in `fault`, the reason why the text does not have the shape. */
type Read<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: string };

/**
 * Parses a JSON text as a value of the shape, and keeps all its properties. Only types are checked: a newer runtime may
 * have more properties, and states, codes and actions that this release does not know.
 */
export function read<T>(shape: z.ZodType<T>, text: string): Read<T> {
  const value = json(text);
  const fault = shape.safeParse(value).error?.issues.find(({ code }) => code === 'invalid_type');
  return fault === undefined ? { value: value as T } : { fault: `${propertyPath(fault.path)} ${fault.message}`.trim() };
}
