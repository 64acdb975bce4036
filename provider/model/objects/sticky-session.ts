// How a client keeps its target: the properties of a sticky session and the rules between them.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { FINGERPRINT } from '../base/secrets.ts';
import { seconds } from './seconds.ts';

/** RFC 6265 section 4.1.1: a cookie's name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;

export const stickySessionSchema = z.strictObject(
  {
    type: z.enum(['cookie', 'source-ip'], 'must be "cookie" or "source-ip"'),
    /** Undefined: DEFAULT_COOKIE_NAME. */
    cookieName: z
      .string('must be a cookie name')
      .regex(TOKEN, 'must be 1-64 characters of a token: letters, digits and "-", "_", "."')
      .optional(),
    /** Undefined: a random one, which the runtime keeps. */
    cookieKey: z
      .string('must be a string')
      .min(1, 'must not be empty')
      .max(256, 'has at most 256 characters')
      // What a state has after a refresh where somebody changed the key: everybody may read it.
      .refine((value) => !FINGERPRINT.test(value), 'is the fingerprint of a key, not a key')
      .optional(),
    /** Undefined: the browser's session; for "source-ip" DEFAULT_SOURCE_SECONDS. */
    lifetimeSeconds: seconds.optional(),
  },
  'must be a sticky session: an object such as { type: "cookie" }',
);

export type StickySessionProperties = z.infer<typeof stickySessionSchema>;

export const DEFAULT_COOKIE_NAME = 'weir';
export const DEFAULT_SOURCE_SECONDS = 300;

const COOKIE_ONLY = ['cookieName', 'cookieKey'] as const;

/** A property that the type would ignore is a mistake, and said to be one. */
export function stickySessionRules(
  sticky: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  if (!isKnown(sticky.type) || sticky.type !== 'source-ip') return [];
  return COOKIE_ONLY.filter((name) => sticky[name] !== undefined).map((name) => ({
    path: name,
    message: 'is for sticky sessions by cookie only',
  }));
}
