// How strictly the API reads requests: what two readers could read in two ways is refused, as in the data plane.
import type { IncomingMessage } from 'node:http';

/** Fields that a request has at most once, because Node uses the first of several, and others may use the last. */
const SINGLE = [
  'host',
  'authorization',
  'content-type',
  'content-length',
  'transfer-encoding',
  'origin',
  'x-weir-runtime',
];

/** Why a request is not unambiguous HTTP/1.1. Returns `undefined` if it is. Node's parser has refused other faults. */
export function requestFault({ httpVersion, rawHeaders, headers, url = '' }: IncomingMessage): string | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `the version of HTTP is ${httpVersion}, not 1.1`;
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const repeated = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (repeated !== undefined) return `the request has several ${repeated} headers`;
  // RFC 9112 section 3.2: an HTTP/1.1 request without a Host header gets a 400.
  if (headers.host === undefined && httpVersion === '1.1') return 'the request has no Host header';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return `the transfer coding ${coding} is not known`;
  // RFC 9112 section 6.1: an HTTP/1.0 client does not know transfer codings, so its framing is in doubt.
  if (coding !== undefined && httpVersion === '1.0') return 'a request of HTTP/1.0 has no transfer coding';
  if (coding !== undefined && headers['content-length'] !== undefined) return 'the request has two lengths';
  const authority = authorityOf(url);
  if (authority !== undefined && authority.toLowerCase() !== headers.host?.toLowerCase())
    return 'the request target names another host than the Host header';
  return undefined;
}

/** The content coding of a request that is not `identity`. Returns `undefined` if there is none. */
export function contentCoding({ headers }: IncomingMessage): string | undefined {
  const codings = (headers['content-encoding'] ?? 'identity').split(',').map((coding) => coding.trim());
  return codings.find((coding) => coding.toLowerCase() !== 'identity');
}

/** The authority of a request target in absolute form. Returns `undefined` for a path. */
function authorityOf(url: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1];
}
