// A request that was taken: what the runtime needs to know of it and the head that its backend gets. Pure.
import { isAuthority, isSameAuthority } from './authority.ts';
import { ConnectionOptions } from './connection-options.ts';
import { EXPECT, HOST, nameSet, TE } from './field-names.ts';
import type { HeaderFields } from './fields.ts';
import { CHUNKED, requestFraming } from './framing.ts';
import { parseRequestHead, RequestHead } from './head-parser.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import { keptLines, REQUEST_DROPS, upgradeValue } from './rewrite.ts';
import { HTTP, type Scheme } from './scheme.ts';
import { removeDotSegments } from './target-path.ts';
import { chainedLines, type TrustedConnection } from './trusted-proxies.ts';

// RFC 9112 3.2.3: a tunnel to wherever the client likes is nothing that a load balancer gives.
const CONNECT = localResponse(405, 'CONNECT is not served');
// RFC 9112 3.2: also where there are two, even equal ones.
const NO_HOST = localResponse(400, 'no Host header');
const TWO_HOSTS = localResponse(400, 'more than one Host header');
const BAD_HOST = localResponse(400, 'malformed Host header');
// RFC 9112 3.2: origin-form, absolute-form with the scheme of the connection (RFC 9110 7.4), or * for OPTIONS.
const BAD_TARGET = localResponse(400, 'malformed request target');
// RFC 9112 3.2.2 has the target win; a backend may see it otherwise, so that they must agree.
const OTHER_HOST = localResponse(400, 'request target and Host header differ');

/** RFC 9110 9.2.2: those that may be sent again without being asked. TRACE and OPTIONS have no effect either. */
const REPLAYABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** RFC 9110 10.1.1: HTTP/1.0 has no expectation, and nobody to response it. */
const REQUEST_DROPS_1_0 = nameSet(...dropped(REQUEST_DROPS), EXPECT);

/** One a connection, reused; strings stay valid for as long as the request lasts. */
export class Request {
  method = '';
  /** Its authority, as the backend gets it. */
  host = '';
  /** The target as the backend gets it. */
  target = '';
  minor = 1;
  /** A length or CHUNKED. */
  framing = 0;
  isHead = false;
  /** The client wants the connection kept. */
  isKeepAlive = false;
  /** The protocols that the client asked for, where a 101 may come: the request has no body. */
  upgrade: string | undefined;
  /** RFC 9110 9.2.2: it may be sent to a second target after a first one got it. */
  isReplayable = false;
  /** The head for the backend, with its empty line. */
  head = '';
}

// Every parse ends in the tick in which it began, so that a worker needs one of each.
const parsed = new RequestHead();
const connection = new ConnectionOptions();

/**
 * Reads the head at bytes[from..to), of findHeadEnd, into `request`. `forwarded`: of forwardedLines, or the connection
 * of a trusted proxy. `defaultHost`: the Host that a backend gets for an HTTP/1.0 request without one.
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
  const upgrade = framing === 0 && minor === 1 ? upgradeValue(fields, connection) : undefined;
  request.method = method;
  request.host = host;
  request.target = target === '*' ? target : removeDotSegments(target);
  request.minor = minor;
  request.framing = framing;
  request.isHead = method === 'HEAD';
  request.isKeepAlive = minor === 1 ? !connection.isClose : connection.isKeepAlive && !connection.isClose;
  request.upgrade = upgrade;
  request.isReplayable = REPLAYABLE.has(method);
  const told = typeof forwarded === 'string' ? forwarded : chainedLines(fields, forwarded);
  const drops = minor === 1 ? REQUEST_DROPS : REQUEST_DROPS_1_0;
  request.head = `${method} ${request.target} HTTP/1.1\r\n${hostLine}${keptLines(fields, drops, connection.nominated)}${told}${ownLines(fields, framing, upgrade)}\r\n`;
  return undefined;
}

/** The lines about this hop that the backend gets. */
function ownLines(fields: HeaderFields, framing: number, upgrade: string | undefined): string {
  let lines = framing === CHUNKED ? 'Transfer-Encoding: chunked\r\n' : '';
  if (upgrade !== undefined) lines += `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`;
  // RFC 9110 10.1.4: of TE only this word is passed, since trailers are; every other one is between neighbours.
  else if (takesTrailers(fields)) lines += 'Connection: TE\r\nTE: trailers\r\n';
  return lines;
}

function takesTrailers(fields: HeaderFields): boolean {
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

/** The authority of a target in absolute-form; undefined: it is none. RFC 9110 4.2.1. */
function absoluteAuthority(target: string, { prefix }: Scheme): string | undefined {
  if (target.slice(0, prefix.length).toLowerCase() !== prefix) return undefined;
  const end = target.slice(prefix.length).search(/[/?]/);
  const authority = end === -1 ? target.slice(prefix.length) : target.slice(prefix.length, prefix.length + end);
  return isAuthority(authority) ? authority : undefined;
}

/** RFC 9112 3.2.1 and 3.2.4, of what follows the authority. */
function originForm(rest: string, method: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}

function dropped(drops: Uint8Array): number[] {
  return [...drops.keys()].filter((id) => drops[id] === 1);
}
