// Which trailer fields are passed on: those that a recipient may process after the content.
import type { HeaderFields } from './fields.ts';

/**
 * Names that only a head may have. RFC 9110 6.5.1 excludes fields of framing, routing, authentication, request
 * modifiers, response controls and content format, because they must be known before the content; a backend that
 * merges trailers into its head would believe them. Fields that the runtime itself knows are excluded too.
 */
const HEAD_ONLY = new Set([
  // Authentication and sessions. Authentication-Info may be a trailer (RFC 9110 11.6.3).
  ...['cookie', 'cookie2', 'set-cookie', 'set-cookie2', 'proxy-authentication-info', 'realm'],
  // Routing, and what overrides the request line.
  ...['max-forwards', 'origin', 'referer', 'user-agent', 'from', 'x-http-method', 'x-http-method-override'],
  ...['x-method-override', 'x-host', 'alt-svc', 'alt-used', 'client-cert', 'client-cert-chain', 'early-data'],
  // Request modifiers.
  ...['accept', 'cache-control', 'pragma', 'range', 'priority', 'prefer'],
  // Response controls.
  ...['age', 'date', 'expires', 'location', 'refresh', 'retry-after', 'vary', 'warning', 'clear-site-data'],
  ...['strict-transport-security', 'status'],
]);

/**
 * How names begin that only a head may have: conditional requests, negotiation, cross-origin rules, security policies
 * of browsers, and the format of the content. Content-Digest and Content-MD5 are computed while the content is sent.
 */
const HEAD_ONLY_STARTS = ['if-', 'accept-', 'access-control-', 'content-', 'sec-', 'cross-origin-', 'proxy-'];
const TRAILERS_ALL_THE_SAME = new Set(['content-digest', 'content-md5', 'accept-ranges']);

/**
 * Returns the trailer lines to pass on, unless the head named them in its Connection field. RFC 9112 7.1.2 lets the
 * recipient of a chunked message discard any of them, so none of them makes a message malformed.
 */
export function keptTrailers(fields: HeaderFields, nominated: readonly string[] | undefined): string {
  let kept = '';
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    if (fields.known[index] !== 0 || isHeadOnly(name) || nominated?.includes(name.toLowerCase())) continue;
    kept += `${name}: ${fields.value(index)}\r\n`;
  }
  return kept;
}

/** `_` counts as `-`, as for the fields that the runtime knows. */
function isHeadOnly(name: string): boolean {
  const plain = name.toLowerCase().replaceAll('_', '-');
  if (TRAILERS_ALL_THE_SAME.has(plain)) return false;
  return HEAD_ONLY.has(plain) || HEAD_ONLY_STARTS.some((start) => plain.startsWith(start));
}
