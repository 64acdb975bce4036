// How strictly the API reads requests: what two readers could read in two ways is refused, as in the data plane.
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

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

/** Fields with the host and the end of the body. Another reader may take a spelling like `content_length` for them. */
const FRAMING: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding']);
const LENGTH = /^(0|[1-9]\d{0,14})$/;
/** Maximum number of header fields of a request. Node has a limit too, but drops fields above it without an error. */
const MAX_FIELDS = 128;
/** The characters of a request target (RFC 9112 section 3.2). `#` is not among them: a fragment is never sent. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/**
 * The reason why a request is not unambiguous HTTP/1.1. Returns `undefined` if there is none. Other faults were refused
 * before, by Node's parser or by the `RequestReader`, which sees what the parser does not show, such as the protocol.
 */
export function requestFault({
  httpVersion,
  method,
  rawHeaders,
  headers,
  url = '',
  socket,
}: IncomingMessage): string | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `the version of HTTP is ${httpVersion}, not 1.1`;
  if (rawHeaders.length > 2 * MAX_FIELDS) return `the request has more than ${MAX_FIELDS} header fields`;
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const repeated = SINGLE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (repeated !== undefined) return `the request has several ${repeated} headers`;
  const misspelt = names.find((name) => !FRAMING.has(name) && FRAMING.has(name.replace(/[^a-z0-9]/g, '-')));
  if (misspelt !== undefined) return `the header ${misspelt} is spelt as nobody spells it`;
  // RFC 9112 section 3.2: an HTTP/1.1 request without a Host header gets a 400.
  if (headers.host === undefined && httpVersion === '1.1') return 'the request has no Host header';
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return `the transfer coding ${coding} is not known`;
  // RFC 9112 section 6.1: an HTTP/1.0 client does not know transfer codings, so its framing is in doubt.
  if (coding !== undefined && httpVersion === '1.0') return 'a request of HTTP/1.0 has no transfer coding';
  const length = headers['content-length'];
  if (coding !== undefined && length !== undefined) return 'the request has two lengths';
  // A leading zero is an error too, because readers differ in the base that they assume.
  if (length !== undefined && !LENGTH.test(length)) return 'the Content-Length is not a number without leading zeros';
  return targetFault(url, method, headers.host, (socket as Partial<TLSSocket>).encrypted === true);
}

/** RFC 9112 section 3.2: a path, an absolute form with the scheme of the connection, or `*` for OPTIONS. */
function targetFault(url: string, method: string | undefined, host: string | undefined, isTls: boolean) {
  if (!TARGET.test(url)) return 'the request target has a character that no target has';
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS')) return undefined;
  const [, scheme, authority] = /^(https?):\/\/([^/?]+)/i.exec(url) ?? [];
  if (scheme === undefined || (scheme.toLowerCase() === 'https') !== isTls) return 'the request target is malformed';
  return authority?.toLowerCase() === host?.toLowerCase()
    ? undefined
    : 'the request target names another host than the Host header';
}

/**
 * The content coding of a request that is not `identity`. Returns `undefined` if there is none: the field is a list
 * (RFC 9110 section 8.4), which may be empty and may have empty elements (section 5.6.1.2).
 */
export function contentCoding({ headers }: IncomingMessage): string | undefined {
  const codings = (headers['content-encoding'] ?? '').split(',').map((coding) => coding.trim());
  return codings.find((coding) => coding !== '' && coding.toLowerCase() !== 'identity');
}
