// The meaning of an HTTP request, independent of its bytes: a backend handles two requests of equal meaning alike.
import { type Field, optionsOf, partsOf, type RequestMessage, valuesOf } from './reference.ts';

/** The content of a request, without the fields that concern only the connection. */
interface Meaning {
  readonly method: string;
  readonly target: string;
  /** Host in lower case without final dot and default port; `undefined` for HTTP/1.0 without Host. */
  readonly host: string | undefined;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
}

/** Names of hop-by-hop fields (RFC 9110 7.6.1), and of fields that the proxy always sets itself. */
const OF_THE_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'x-real-ip',
  'client-ip',
];

/** Names of other fields with which only the proxy says something about the client. */
const FORWARDED =
  /^proxy-|^x-forward(?:ed|er-|-|$)|-forwarded-(?:for|host|proto)$|^x-original|client-ip$|^script-name$/;

/** Names of fields that must not be trailers (RFC 9110 6.5.1). */
const NOT_TRAILERS = /^content-|^trailer$|^expect$|^via$|host|auth|cookie|user|remote/;

/** What the proxy appends to Via (RFC 9110 7.6.3). */
const OWN_VIA = /^1\.[01] weir$/;

export function meaningOf(request: RequestMessage): Meaning {
  const { method, target, minor, fields, body, trailers } = request;
  const { authority, path } = partsOf(method, target);
  const host = authority ?? valuesOf(fields, 'host')[0];
  const named = optionsOf(fields)
    .map(hyphened)
    .filter((name) => !['host', 'content-length', 'transfer-encoding'].includes(name));
  const dropped = [...OF_THE_HOP, ...named, 'host', ...(minor === 0 ? ['expect'] : [])];
  const isDropped = (name: string) => dropped.includes(hyphened(name)) || FORWARDED.test(hyphened(name));
  return {
    method,
    target: withoutDots(path),
    host: host === undefined ? undefined : canonicalHost(host),
    fields: fields.filter(
      ([name, value]) => !isDropped(name) && !(name.toLowerCase() === 'via' && OWN_VIA.test(value)),
    ),
    body,
    trailers: trailers.filter(([name]) => !isDropped(name) && !NOT_TRAILERS.test(hyphened(name))),
  };
}

/**
 * Returns the name in lower case, with hyphens for all that is no letter or digit: CGI and its successors read
 * `X_Forwarded.For` and `X-Forwarded-For` as one field.
 */
function hyphened(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

function canonicalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:(?:80)?$/, '')
    .replace(/\.(?=$|:)/, '');
}

/** Removes dot segments from a path (RFC 3986 5.2.4); `%2e` is a dot (RFC 3986 6.2.2.2). */
function withoutDots(target: string): string {
  if (target === '*') return target;
  const [path = '', ...query] = target.split('?');
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const plain = segment.replace(/%2e/gi, '.');
    if (plain === '..') kept.pop();
    if (plain !== '.' && plain !== '..') kept.push(segment);
    else if (index === segments.length - 1) kept.push('');
  }
  return [`/${kept.join('/')}`, ...query].join('?');
}
