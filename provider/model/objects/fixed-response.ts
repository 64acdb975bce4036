// The fixed response of a forwarding rule: a status, and a short body that the runtime keeps.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { text } from './text.ts';
import { wholeNumber } from './whole-number.ts';

const MAX_BODY_BYTES = 4096;

/** A media type with parameters (RFC 9110 8.3.1). */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; ?[\w!#$&^.+-]+=("[\x20\x21\x23-\x5b\x5d-\x7e]*"|[\w!#$&^.+-]+))*$/;

/** Statuses whose responses have no body (RFC 9110 6.4.1 and 15.3.6). */
const BODILESS: readonly unknown[] = [204, 205, 304];

export const DEFAULT_CONTENT_TYPE = 'text/plain; charset=utf-8';

export const fixedResponseSchema = z.strictObject(
  {
    status: wholeNumber(200, 599),
    /** The media type of the body. Unset means DEFAULT_CONTENT_TYPE. */
    contentType: text('must be a media type', 255)
      .regex(MEDIA_TYPE, 'must be a media type such as "text/html; charset=utf-8"')
      .optional(),
    body: text('must be a string', MAX_BODY_BYTES, `must have at most ${MAX_BODY_BYTES} bytes`)
      .refine((value) => Buffer.byteLength(value) <= MAX_BODY_BYTES, `must have at most ${MAX_BODY_BYTES} bytes`)
      .optional(),
  },
  'must be a fixed response: an object such as { status: 404 }',
);

export type FixedResponseProperties = z.infer<typeof fixedResponseSchema>;

/** Reports a body that no client would get, and a type without a body. */
export function fixedResponseRules({ status, contentType, body }: Readonly<Record<string, unknown>>): Problem[] {
  if (body === undefined)
    return contentType === undefined ? [] : [{ path: 'contentType', message: 'is given, and there is no body' }];
  if (!BODILESS.includes(status)) return [];
  return [{ path: 'body', message: `is given, and a response with status ${status} has none` }];
}
