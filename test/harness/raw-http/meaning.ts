// What a request means, whatever the bytes of its head: two requests with one meaning are the same to a backend.
import { type Field, optionsOf, partsOf, type RequestMessage, valuesOf } from './reference.ts';

/** What a request says to whom, without what is said of the connection that it came on. */
interface Meaning {
  readonly method: string;
  readonly target: string;
  /** Without case, final dot and default port; undefined: HTTP/1.0 names none. */
  readonly host: string | undefined;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
}

/** RFC 9110 7.6.1; the rest by names that the way to a backend always sets anew. */
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
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
];

/** RFC 9110 6.5.1: never behind a body. */
const NOT_TRAILERS = [...OF_THE_HOP, 'host', 'content-length', 'trailer', 'expect'];

export function meaningOf(request: RequestMessage): Meaning {
  const { method, target, minor, fields, body, trailers } = request;
  const { authority, path } = partsOf(method, target);
  const host = authority ?? valuesOf(fields, 'host')[0];
  const named = optionsOf(fields).filter((name) => !['host', 'content-length', 'transfer-encoding'].includes(name));
  const dropped = [...OF_THE_HOP, ...named, 'host', ...(minor === 0 ? ['expect'] : [])];
  return {
    method,
    target: withoutDots(path),
    host: host === undefined ? undefined : canonicalHost(host),
    fields: fields.filter(([name]) => !dropped.includes(hyphened(name)) && !dropped.includes(name.toLowerCase())),
    body,
    trailers: trailers.filter(([name]) => !NOT_TRAILERS.includes(hyphened(name))),
  };
}

/** CGI and its heirs do not tell `X_Forwarded_For` from `X-Forwarded-For`. */
function hyphened(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

function canonicalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/:(?:80)?$/, '')
    .replace(/\.(?=$|:)/, '');
}

/** RFC 3986 5.2.4, with %2e as the dot that it is (6.2.2.2). */
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
