// The canonical form in which properties are compared: with every default, and with addresses in shortest form.

import { z } from 'zod';
import { isRecord } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { compact } from './properties.ts';

/**
 * The canonical form of a value. Unknown values stay, and so do values that break their schema, because a state may be
 * older than the rules.
 */
export function canonicalForm(schema: z.core.$ZodType, value: unknown): unknown {
  if (!isKnown(value)) return value;
  if (value === undefined) return defaultOf(schema);
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject && isRecord(value)) {
    return compact(Object.entries(inner.shape).map(([key, property]) => [key, canonicalForm(property, value[key])]));
  }
  if (inner instanceof z.ZodRecord && isRecord(value)) {
    return compact(Object.entries(value).map(([key, item]) => [key, canonicalForm(inner.valueType, item)]));
  }
  const parsed = z.safeParse(inner, value);
  return parsed.success ? parsed.data : value;
}

/** The value that counts if a property is not given. Returns `undefined` if there is no default. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return z.safeParse(schema, undefined).data;
}

/** The schema of a given value, without the wrappers that allow it to be missing. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
