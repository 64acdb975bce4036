// The user's own notation of objects: the state and the program then differ by drift alone and never by notation.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { isRecord, valueIn } from '../model/base/record.ts';
import { canonicalForm, defaultOf, unwrapped } from './canonical-form.ts';
import { compact, type Inputs, type Properties } from './properties.ts';

/**
 * The actual properties in the user's notation. A property that means the same as the written one stays as it was
 * written. A property that was not written and has its default is left out.
 */
export function asWritten(schema: z.ZodObject, actual: Properties, written: Inputs): Record<string, unknown> {
  return compact(
    Object.entries(schema.shape).map(([key, property]) => [key, valueAsWritten(property, actual[key], written[key])]),
  );
}

function valueAsWritten(schema: z.core.$ZodType, actual: unknown, written: unknown): unknown {
  const normal = canonicalForm(schema, actual);
  if (written !== undefined && isDeepStrictEqual(normal, canonicalForm(schema, written))) return written;
  if (written === undefined && isDeepStrictEqual(normal, defaultOf(schema))) return undefined;
  const inner = unwrapped(schema);
  if (isRecord(normal)) {
    const given = isRecord(written) ? written : {};
    if (inner instanceof z.ZodObject) return asWritten(inner, normal, given);
    if (inner instanceof z.ZodRecord) {
      return compact(
        Object.entries(normal).map(([key, item]) => [key, valueAsWritten(inner.valueType, item, valueIn(given, key))]),
      );
    }
  }
  return normal;
}
