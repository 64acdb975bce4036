// The redirect of a forwarding rule: where clients are sent, in parts of a URL with placeholders.
import { z } from 'zod';
import { bracesIn, filledIn, PLACEHOLDERS } from '../base/placeholders.ts';
import { partsOfUrl } from './host-advice.ts';
import { isOneHost } from './host-name.ts';
import { port } from './network.ts';
import { text } from './text.ts';

const STATUSES = [301, 302, 303, 307, 308] as const;

/** Placeholders that may stand in a host. */
const OF_HOST = ['{host}', '{port}'];
/** Values with which the form of a filled-in text is tested. */
const SAMPLE = { host: 'host', path: '/path', query: 'query', port: '80' };

/**
 * What is wrong with the placeholders of a text. Each may stand in it once, so that the length of a Location is bounded
 * by that of the request. Returns `undefined` if nothing is wrong.
 */
function placeholderFault(template: string, allowed: readonly string[]): string | undefined {
  const found = bracesIn(template);
  const other = found.find((part) => !allowed.includes(part));
  if (other !== undefined) return `has ${JSON.stringify(other)}, and its placeholders are ${allowed.join(', ')}`;
  const twice = found.find((part, at) => found.indexOf(part) !== at);
  return twice === undefined ? undefined : `has ${twice} more than once`;
}

/** A text with placeholders, whose filled-in form is tested by `isValid`. `advice`: the end of the message about another. */
function template(
  message: string,
  max: number,
  allowed: readonly string[],
  isValid: (text: string) => boolean,
  advice: (text: string) => string = () => '',
) {
  return text(message, max)
    .refine((value) => placeholderFault(value, allowed) === undefined, {
      error: ({ input }) => placeholderFault(String(input), allowed) ?? '',
      abort: true,
    })
    .refine((value) => isValid(filledIn(value, SAMPLE)), {
      error: ({ input }) => `${message}${advice(String(input))}`,
    });
}

/** The end of the message for text that is no host: the host of a URL, or the one before a port. */
function hostOfUrl(value: string): string {
  const { host = '' } = partsOfUrl(value) ?? {};
  return isOneHost(host) ? `: write ${host}` : '';
}

export const redirectSchema = z.strictObject(
  {
    protocol: z.enum(['HTTP', 'HTTPS'], 'must be "HTTP" or "HTTPS"').optional(),
    host: template('must be a host name without port', 255, OF_HOST, isOneHost, hostOfUrl).optional(),
    port: z.union([port, z.literal('{port}')], 'must be a whole number from 1 to 65535, or "{port}"').optional(),
    // RFC 3986 3.3: visible characters. A query or fragment is no part of a path.
    path: template('must begin with "/" and have no spaces, no "?" and no "#"', 1024, PLACEHOLDERS, (path) =>
      /^\/[\x21-\x22\x24-\x3e\x40-\x7e]*$/.test(path),
    ).optional(),
    query: template('must have no spaces and no "#", and not begin with "?"', 1024, PLACEHOLDERS, (query) =>
      /^(?!\?)[\x21-\x22\x24-\x7e]*$/.test(query),
    ).optional(),
    status: z.literal(STATUSES, `must be ${STATUSES.slice(0, -1).join(', ')} or ${STATUSES.at(-1)}`).default(301),
  },
  'must be a redirect: an object such as { protocol: "HTTPS" }',
);

export type RedirectProperties = z.infer<typeof redirectSchema>;
