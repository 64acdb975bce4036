// Properties in the one form in which they are compared: every default filled in, addresses in their shortest form.

import { z } from 'zod';
import { isRecord } from '../model/base/record.ts';
import { isKnown } from '../model/base/unknown.ts';
import { compact } from './properties.ts';

/** Unknown values stay, and so do values that break their schema: state may be older than the rules. */
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

/** What stands in place of a property that is not given; undefined where nothing does. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return z.safeParse(schema, undefined).data;
}

/** The schema of what is there, without what says that it may be missing. */
export function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  const isWrapper =
    schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
