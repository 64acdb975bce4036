// The properties of a sticky session, by which a client keeps its target, and the rules between them.
import { isIP } from 'node:net';
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { FINGERPRINT } from '../base/secrets.ts';
import { partsOfUrl } from './host-advice.ts';
import { seconds } from './seconds.ts';
import { text } from './text.ts';

/** RFC 6265 section 4.1.2.3: labels of RFC 1034 section 3.5 and RFC 1123 section 2.1. Browsers ignore a leading dot. */
const DOMAIN = /^\.?[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const DOMAIN_FORM = 'must be a domain name such as "example.com", without port and final dot';

/** The end of the message for text that is no domain name: the domain name of a URL or of a pattern for its hosts. */
function domainAdvice(value: string): string {
  const domain = (partsOfUrl(value)?.host ?? value).replace(/^\*\.?/, '').replace(/\.$/, '');
  return domain !== value && DOMAIN.test(domain) && isIP(domain) === 0 ? `: write ${domain}` : '';
}

/** RFC 6265 section 4.1.1: a cookie's name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;

export const stickySessionSchema = z.strictObject(
  {
    type: z.enum(['cookie', 'source-ip'], 'must be "cookie" or "source-ip"'),
    /** The name of the cookie. Unset means DEFAULT_COOKIE_NAME. */
    cookieName: text('must be a cookie name', 64)
      .regex(TOKEN, 'must be 1-64 characters of a token: letters, digits and "-", "_", "."')
      .optional(),
    /** The key of the hash in the cookie. Unset means a random key, which the runtime keeps. */
    cookieKey: text('must be a string', 256)
      .min(1, 'must not be empty')
      // If somebody changed the cookie key, a refresh puts the fingerprint of the new key into the state, where
      // everybody may read it. A fingerprint is therefore no secret, and refused as a key.
      .refine((value) => !FINGERPRINT.test(value), 'is the fingerprint of a key, not a key')
      .optional(),
    /**
     * How long a client is recognised. Unset means the browser's session for a cookie, and DEFAULT_SOURCE_SECONDS for
     * "source-ip".
     */
    lifetimeSeconds: seconds.optional(),
    /** When a browser sends the cookie with requests that another site caused. Unset means "Lax". */
    sameSite: z.enum(['Lax', 'Strict', 'None'], 'must be "Lax", "Strict" or "None"').optional(),
    /** The domain whose hosts all get the cookie. Unset means only the host that set it. */
    domain: text('must be a domain name', 253)
      .regex(DOMAIN, { error: ({ input }) => `${DOMAIN_FORM}${domainAdvice(String(input))}` })
      .refine(
        (value) => isIP(value.replace(/^\./, '')) === 0,
        'is an address: a browser keeps no cookie for it; leave it out',
      )
      .optional(),
  },
  'must be a sticky session: an object such as { type: "cookie" }',
);

export type StickySessionProperties = z.infer<typeof stickySessionSchema>;

export const DEFAULT_COOKIE_NAME = 'weir';
export const DEFAULT_SAME_SITE = 'Lax';
export const DEFAULT_SOURCE_SECONDS = 300;

const COOKIE_ONLY = ['cookieName', 'cookieKey', 'sameSite', 'domain'] as const;

/** Reports properties that the type of sticky session would ignore, because they are mistakes. */
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
