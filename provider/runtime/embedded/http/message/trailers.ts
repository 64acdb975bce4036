// Which trailer fields are passed on: those that a recipient may process after the content.
import { foldedName } from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/**
 * Names that only a head may have. RFC 9110 6.5.1 excludes fields of framing, routing, authentication, request
 * modifiers, response controls and content format, because they must be known before the content; a backend that
 * merges trailers into its head would believe them. Fields that the runtime itself knows are excluded too.
 */
const HEAD_ONLY = new Set([
  // Credentials whose names do not say so.
  ...['realm', 'dpop'],
  // Routing, and what overrides the request line.
  ...['max-forwards', 'origin', 'referer', 'from', 'x-http-method', 'alt-svc', 'alt-used', 'early-data', 'destination'],
  ...['depth', 'overwrite', 'soapaction', 'x-action', 'timeout', 'dav', 'slug', 'last-event-id', 'cdn-loop'],
  // Request modifiers.
  ...['if', 'translate', 'x-requested-with', 'x-requested-by', 'dnt', 'service-worker', 'upgrade-insecure-requests'],
  ...['accept', 'cache-control', 'pragma', 'range', 'priority', 'prefer'],
  // Response controls.
  ...['age', 'date', 'expires', 'location', 'refresh', 'retry-after', 'vary', 'warning', 'clear-site-data'],
  ...['strict-transport-security', 'status', 'surrogate-control', 'cdn-cache-control', 'nel', 'report-to'],
  ...['server', 'allow', 'referrer-policy', 'expect-ct', 'x-robots-tag'],
]);

/**
 * How names begin that only a head may have: conditional requests, negotiation, cross-origin rules, security policies
 * of browsers, commands of targets to proxies, and the format of the content. Content-Digest and Content-MD5 are
 * computed while the content is sent.
 */
const HEAD_ONLY_STARTS = [
  ...['if-', 'accept-', 'access-control-', 'content-', 'sec-', 'cross-origin-', 'proxy-', 'x-accel-', 'x-sendfile'],
  ...['x-content-', 'x-frame-', 'x-xss-'],
];
const TRAILERS_ALL_THE_SAME = new Set(['content-digest', 'content-md5', 'accept-ranges']);

/**
 * What the names of fields have in them that say who sends a request, on whose behalf, or which resource it is for.
 * Applications and proxies choose such names freely, so that no list has them all. A checksum or a status never needs
 * one of these words, and any trailer may be discarded (RFC 9112 7.1.2).
 */
const HEAD_ONLY_PARTS = [
  ...['auth', 'token', 'cookie', 'session', 'secret', 'passw', 'passphrase', 'credential', 'jwt', 'csrf', 'xsrf'],
  ...['key', 'user', 'account', 'login', 'logon', 'email', 'identity', 'principal', 'tenant', 'role'],
  ...['group', 'admin', 'permission', 'scope', 'claim', 'cert', 'client', 'consumer', 'customer', 'remote', 'addr'],
  ...['privileg', 'impersonat', 'delegat', 'assertion', 'bearer', 'ticket', 'trust', 'verified', 'capabilit'],
  ...['forward', 'proxy', 'proto', 'scheme', 'host', 'override', 'rewrite', 'original', 'method', 'url', 'uri', 'path'],
];
/** The same for short parts, which are whole words of a name. */
const HEAD_ONLY_WORDS = new Set([
  ...['ip', 'ssl', 'tls', 'https', 'dn', 'sso', 'saml', 'oidc', 'oauth', 'uid', 'gid', 'uuid', 'internal', 'sid'],
  ...['otp', 'totp', 'mfa', '2fa', 'pin', 'acl', 'sudo', 'root', 'super', 'act', 'actor', 'as', 'behalf', 'sub'],
  ...[
    'subject',
    'owner',
    'member',
    'staff',
    'org',
    'organization',
    'project',
    'workspace',
    'team',
    'company',
    'caller',
  ],
  ...['sender', 'service', 'spiffe', 'gateway', 'backend', 'upstream', 'route', 'env', 'debug', 'bypass', 'policy'],
  ...[
    'access',
    'grant',
    'right',
    'rights',
    'level',
    'security',
    'real',
    'source',
    'device',
    'port',
    'query',
    'wsgi',
    'iap',
  ],
]);

/**
 * Returns the trailer lines to pass on, unless the head named them in its Connection field. RFC 9112 7.1.2 lets the
 * recipient of a chunked message discard any of them, so none of them makes a message malformed. `nominated` has folded
 * names.
 */
export function keptTrailers(fields: HeaderFields, nominated: readonly string[] | undefined): string {
  let kept = '';
  for (let index = 0; index < fields.count; index++) {
    const name = fields.name(index);
    const folded = foldedName(name);
    if (fields.known[index] !== 0 || isHeadOnly(folded) || nominated?.includes(folded)) continue;
    kept += `${name}: ${fields.value(index)}\r\n`;
  }
  return kept;
}

function isHeadOnly(folded: string): boolean {
  if (TRAILERS_ALL_THE_SAME.has(folded)) return false;
  return (
    HEAD_ONLY.has(folded) ||
    HEAD_ONLY_STARTS.some((start) => folded.startsWith(start)) ||
    HEAD_ONLY_PARTS.some((part) => folded.includes(part)) ||
    folded.split('-').some((word) => HEAD_ONLY_WORDS.has(word))
  );
}
