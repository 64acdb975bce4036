// The health checks of a listener's or rule's targets: properties, defaults and the rules between them.
import { z } from 'zod';
import type { Problem } from '../base/errors.ts';
import { PAYLOAD } from '../base/payload.ts';
import { partsOfUrl } from './host-advice.ts';
import { port } from './network.ts';
import { pathAdvice } from './path-advice.ts';
import { seconds } from './seconds.ts';
import { text } from './text.ts';
import { wholeNumber } from './whole-number.ts';

const CODES = /^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$/;

const HOST = /^[A-Za-z0-9._\-:[\]]{1,255}$/;
const HOST_FORM = 'must be a host name, or an address, with or without port';

/** The end of the message for text that is no host: the host and port of a URL. */
function placeAdvice(value: string): string {
  const { host = '', port = '' } = partsOfUrl(value) ?? {};
  return HOST.test(host) ? `: write ${host}${port}` : '';
}

const PROTOCOLS = ['TCP', 'HTTP', 'HTTPS', 'UDP', 'none'] as const;

const threshold = wholeNumber(1, 100);

const payload = text('must be a string', 1024).regex(PAYLOAD, 'has a "\\" that begins neither "\\xHH" nor "\\\\"');

export const healthCheckSchema = z.strictObject(
  {
    protocol: z.enum(PROTOCOLS, 'must be "TCP", "HTTP", "HTTPS", "UDP" or "none"').default('TCP'),
    port: port.optional(),
    // RFC 9112 section 3: a request target contains no whitespace and no control characters.
    path: text('must be a path', 1024)
      .regex(/^\/[\x21-\x22\x24-\x7e]*$/, {
        error: ({ input }) => `must begin with "/" and have no spaces and no "#"${pathAdvice(String(input))}`,
      })
      .default('/'),
    host: text('must be a host name', 255)
      .regex(HOST, { error: ({ input }) => `${HOST_FORM}${placeAdvice(String(input))}` })
      .optional(),
    method: text('must be a method', 20)
      .regex(/^[A-Z]{1,20}$/, 'must be a method in capitals, such as "GET"')
      // RFC 9110 9.3.6: a successful response to CONNECT would begin a tunnel.
      .refine((value) => value !== 'CONNECT', 'cannot be "CONNECT"')
      .default('GET'),
    expectedCodes: text('must be codes such as "200-399" or "200,204"', 1024)
      .regex(CODES, 'must be codes such as "200-399" or "200,204"')
      .refine(
        (value) => parseCodes(value).every(([low, high]) => low <= high),
        'has a range that ends before it begins',
      )
      .default('200-399'),
    /** The payload that a UDP check sends, and the payload that the response must contain. */
    send: payload.optional(),
    expect: payload.min(1, 'must not be empty').optional(),
    intervalSeconds: seconds.default(5),
    timeoutSeconds: seconds.default(2),
    healthyThreshold: threshold.default(2),
    unhealthyThreshold: threshold.default(3),
  },
  'must be a health check: an object such as { protocol: "HTTP" }',
);

export type HealthCheckProperties = z.infer<typeof healthCheckSchema>;

/** Parses status codes such as "200-299,304" into inclusive ranges. */
export function parseCodes(codes: string): (readonly [number, number])[] {
  return codes.split(',').map((part) => {
    const [low, high] = part.split('-').map(Number);
    return [low ?? 0, high ?? low ?? 0] as const;
  });
}

const DEFAULTS: Readonly<Record<string, unknown>> = healthCheckSchema.parse({});
const HTTP_ONLY = ['path', 'host', 'method', 'expectedCodes'] as const;
const UDP_ONLY = ['send', 'expect'] as const;

/**
 * Reports properties that the check's protocol would ignore, because they are mistakes. A default value is accepted,
 * because responses contain it.
 */
export function healthCheckRules(
  check: Readonly<Record<string, unknown>>,
  isKnown: (value: unknown) => boolean,
): Problem[] {
  const protocol = check.protocol ?? 'TCP';
  // A protocol that the schema refuses has no properties of its own.
  if (!isKnown(protocol) || !PROTOCOLS.some((name) => name === protocol)) return [];
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS';
  const given = check.protocol === undefined ? `${JSON.stringify(protocol)} by default` : JSON.stringify(protocol);
  return [
    ...(isHttp ? [] : misplaced(check, HTTP_ONLY, 'HTTP', given)),
    ...(protocol === 'UDP' ? [] : misplaced(check, UDP_ONLY, 'UDP', given)),
  ];
}

function misplaced(
  check: Readonly<Record<string, unknown>>,
  names: readonly string[],
  owner: string,
  protocol: string,
): Problem[] {
  return names
    .filter((name) => check[name] !== undefined && check[name] !== DEFAULTS[name])
    .map((name) => ({
      path: name,
      message: `is for ${owner} checks only, and the protocol is ${protocol}`,
    }));
}
