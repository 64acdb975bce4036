// An accepted request: what the runtime knows about it, and the head that its target gets. Pure.
import { isAuthority, isSameAuthority } from './authority.ts';
import { ConnectionOptions } from './connection-options.ts';
import { EXPECT, HOST, hasName, nameSet, TE } from './field-names.ts';
import type { HeaderFields } from './fields.ts';
import { CHUNKED, requestFraming } from './framing.ts';
import { parseRequestHead, RequestHead } from './head-parser.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import { hasLogin } from './login.ts';
import { keptLines, REQUEST_DROPS, TRUSTED_REQUEST_DROPS, upgradeValue } from './rewrite.ts';
import { HTTP, type Scheme } from './scheme.ts';
import { removeDotSegments } from './target-path.ts';
import { chainedLines, forwardedForOf, type TrustedConnection } from './trusted-proxies.ts';
import { findLoop, VIA_LINE } from './via.ts';

// RFC 9112 3.2.3: a load balancer gives no tunnels to arbitrary destinations.
const CONNECT = localResponse(405, 'CONNECT is not served');
// RFC 9112 3.2: one Host field is required; two are an error even if they are equal.
const NO_HOST = localResponse(400, 'no Host header');
const TWO_HOSTS = localResponse(400, 'more than one Host header');
const BAD_HOST = localResponse(400, 'malformed Host header');
// RFC 9112 3.2: origin-form, absolute-form with the connection's scheme (RFC 9110 7.4), or * for OPTIONS.
const BAD_TARGET = localResponse(400, 'malformed request target');
// RFC 9112 3.2.2 prefers the request target, but a backend may prefer the Host field, so both must name the same host.
const OTHER_HOST = localResponse(400, 'request target and Host header differ');

/**
 * Methods that may be repeated without the client's consent (RFC 9110 9.2.2). Those in the second line are safe, though
 * their requests have bodies: RFC 4918 9.1, RFC 3253 3.6, RFC 5323 2 and the draft of QUERY.
 */
const REPLAYABLE = new Set([
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'],
  ...['PROPFIND', 'REPORT', 'SEARCH', 'QUERY'],
]);

/**
 * Methods whose content has a meaning (RFC 9110 9.3, RFC 5789, WebDAV and the draft of QUERY). A target may leave the
 * content of others unread, and take it for the next request.
 */
const WITH_CONTENT = new Set([
  ...['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH', 'MKCOL', 'MKCALENDAR', 'LOCK', 'ACL', 'REPORT'],
  ...['SEARCH', 'MERGE', 'CHECKOUT'],
]);

/**
 * Field that is dropped from an HTTP/1.0 request. RFC 9110 10.1.1: HTTP/1.0 has no expectation, and its clients expect
 * no 100 response.
 */
const DROPS_1_0 = nameSet(EXPECT);

/** An accepted request; reused for the next request of the connection. Strings stay valid for the whole request. */
export class Request {
  method = '';
  /** The request's authority, as the target gets it. */
  host = '';
  /** The request target (path and query), as the backend gets it. */
  target = '';
  minor = 1;
  /** The framing of the request's body: a length in bytes, or CHUNKED. */
  framing = 0;
  isHead = false;
  /** True if the client wants to keep the connection after the response. */
  isKeepAlive = false;
  /** Value of the Upgrade field if a 101 is allowed, which requires that the head tells the length of the body. */
  upgrade: string | undefined;
  /** True if the request may be sent to a second target after a first one got it (RFC 9110 9.2.2). */
  isReplayable = false;
  /** True if the request has content although its method gives content no meaning. */
  hasStrayContent = false;
  /** True if the client may keep its content until the target asks for it. */
  isExpectant = false;
  /** Folded names of the fields that end at this hop. `undefined` for none, the usual case. */
  nominated: readonly string[] | undefined;
  /** True if the request has a credential that logs in the connection on which it is sent. */
  hasLogin = false;
  /** The X-Forwarded-For chain that a trusted proxy sent, or ''. */
  forwardedFor = '';
  /** The request's head for the target, including its empty line. */
  head = '';
  #forwarded = '';
  #host = '';
  #usualLines = '';

  /** The lines that are added to a usual request of HTTP/1.1: the last ones again if client and host are the same. */
  usualLines(forwarded: string, host: string): string {
    if (host !== this.#host || forwarded !== this.#forwarded) {
      const lines = `${forwarded}X-Forwarded-Host: ${host}\r\n${VIA_LINE[1]}\r\n`;
      // A string of several parts would be joined again for each request.
      this.#usualLines = Buffer.from(lines, 'latin1').toString('latin1');
      this.#forwarded = forwarded;
      this.#host = host;
    }
    return this.#usualLines;
  }
}

// One head and one list of connection options are enough for a worker: each request is parsed within one tick.
const parsed = new RequestHead();
const connection = new ConnectionOptions();

/**
 * Reads the head at bytes[from..to), whose end `findHeadEnd` found, into `request`. `forwarded` is a result of
 * `forwardedLines`, or the connection of a trusted proxy. `defaultHost` is the Host for an HTTP/1.0 request without
 * one. Returns a local response if the request is not accepted.
 */
export function readRequest(
  bytes: Buffer,
  from: number,
  to: number,
  forwarded: string | TrustedConnection,
  defaultHost: string,
  request: Request,
  scheme: Scheme = HTTP,
): LocalResponse | undefined {
  const malformed = parseRequestHead(bytes, from, to, parsed);
  if (malformed !== undefined) return malformed;
  const { method, minor, fields } = parsed;
  if (method === 'CONNECT') return CONNECT;
  const framing = requestFraming(fields, minor);
  if (typeof framing !== 'number') return framing;
  const loop = findLoop(fields);
  if (loop !== undefined) return loop;

  let host = findHost(fields);
  if (typeof host === 'object') return host;
  let hostLine = '';
  let target = parsed.target;
  if (target.charCodeAt(0) !== 0x2f && target !== '*') {
    const authority = absoluteAuthority(target, scheme);
    if (authority === undefined) return BAD_TARGET;
    if (host !== undefined && !isSameAuthority(host, authority, scheme.defaultPort)) return OTHER_HOST;
    if (host === undefined && minor === 0) {
      host = authority;
      hostLine = `Host: ${authority}\r\n`;
    }
    target = originForm(target.slice(scheme.prefix.length + authority.length), method);
    if (target === '') return BAD_TARGET;
  }
  if (target === '*' && method !== 'OPTIONS') return BAD_TARGET;
  if (host === undefined) {
    if (minor === 1) return NO_HOST;
    host = defaultHost;
    hostLine = `Host: ${host}\r\n`;
  }

  connection.read(fields);
  // After a body in chunks, the target and this runtime might not agree where the new protocol begins.
  const upgrade = framing !== CHUNKED && minor === 1 ? upgradeValue(fields, connection) : undefined;
  request.method = method;
  request.host = host;
  request.target = target === '*' ? target : removeDotSegments(target);
  request.minor = minor;
  request.framing = framing;
  request.isHead = method === 'HEAD';
  request.isKeepAlive = minor === 1 ? !connection.isClose : connection.isKeepAlive && !connection.isClose;
  request.upgrade = upgrade;
  request.isReplayable = REPLAYABLE.has(method);
  request.hasStrayContent = framing !== 0 && !WITH_CONTENT.has(method);
  request.isExpectant = framing !== 0 && minor === 1 && hasName(fields.seen, EXPECT);
  request.nominated = connection.nominated;
  request.hasLogin = hasLogin(fields);
  const isTrusted = typeof forwarded !== 'string';
  const chain = isTrusted ? forwardedForOf(fields) : '';
  request.forwardedFor = chain;
  const drops = (isTrusted ? TRUSTED_REQUEST_DROPS : REQUEST_DROPS) | (minor === 1 ? 0 : DROPS_1_0);
  const isSameLine = minor === 1 && request.target === parsed.target;
  const kept = keptLines(fields, drops, connection.nominated, isSameLine ? 0 : fields.start);
  const begin = isSameLine ? kept : `${method} ${request.target} HTTP/1.1\r\n${hostLine}${kept}`;
  if (!isTrusted && isUsual(fields, minor, framing, upgrade)) {
    request.head = begin + request.usualLines(forwarded, host);
    return undefined;
  }
  const told = isTrusted ? chainedLines(fields, forwarded, host, chain) : `${forwarded}X-Forwarded-Host: ${host}\r\n`;
  request.head = `${begin}${told}${ownLines(fields, minor, framing, upgrade)}\r\n`;
  return undefined;
}

/** Returns true if `ownLines` has Via alone. */
function isUsual(fields: HeaderFields, minor: number, framing: number, upgrade: string | undefined): boolean {
  return minor === 1 && framing !== CHUNKED && upgrade === undefined && !hasName(fields.seen, TE);
}

/** Returns the field lines that concern the connection to the target: Via, Transfer-Encoding, Upgrade and TE. */
function ownLines(fields: HeaderFields, minor: number, framing: number, upgrade: string | undefined): string {
  let lines: string = VIA_LINE[minor === 1 ? 1 : 0];
  if (framing === CHUNKED) lines += 'Transfer-Encoding: chunked\r\n';
  if (upgrade !== undefined) lines += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  // RFC 9110 10.1.4: only `trailers` of TE is passed on, because trailers are; other values concern one connection
  // only.
  else if (takesTrailers(fields)) lines += 'Connection: TE\r\nTE: trailers\r\n';
  return lines;
}

function takesTrailers(fields: HeaderFields): boolean {
  if (!hasName(fields.seen, TE)) return false;
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] === TE && /(^|,)[ \t]*trailers[ \t]*(,|$)/i.test(fields.value(index))) return true;
  }
  return false;
}

function findHost(fields: HeaderFields): string | undefined | LocalResponse {
  let host: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] !== HOST) continue;
    if (host !== undefined) return TWO_HOSTS;
    host = fields.value(index);
  }
  return host === undefined || isAuthority(host) ? host : BAD_HOST;
}

/** Returns the authority of a request target in absolute-form, or `undefined` for another form (RFC 9110 4.2.1). */
function absoluteAuthority(target: string, { prefix }: Scheme): string | undefined {
  if (target.slice(0, prefix.length).toLowerCase() !== prefix) return undefined;
  const end = target.slice(prefix.length).search(/[/?]/);
  const authority = end === -1 ? target.slice(prefix.length) : target.slice(prefix.length, prefix.length + end);
  return isAuthority(authority) ? authority : undefined;
}

/** Returns the origin-form of the part of a request target that follows the authority (RFC 9112 3.2.1 and 3.2.4). */
function originForm(rest: string, method: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}
