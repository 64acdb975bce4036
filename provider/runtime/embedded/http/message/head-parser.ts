// The strict parser of HTTP heads, which every byte from a client or target passes first; it fills reused objects.
import { CR, FIELD_VALUE, LF, SP, TARGET, TOKEN } from './characters.ts';
import { HeaderFields, parseFields } from './fields.ts';
import { type LocalResponse, localResponse } from './local-response.ts';
import { repairFields } from './repaired-fields.ts';

const MAX_HEAD_BYTES = 32 * 1024;

// RFC 6585 5; also for a request target that makes the head too long (RFC 9110 4.1).
const TOO_LONG = localResponse(431, `head over ${MAX_HEAD_BYTES} bytes`);
// RFC 9112 2.2 lets a recipient accept a bare LF as a line's end, but then two parties may see different ends of a
// head.
const BARE_LF = localResponse(400, 'bare LF in the head');
// RFC 9112 3 and 4: a head begins with a method or a version. A TLS hello on a plain port fails here, not at the idle
// timeout.
const BAD_START = localResponse(400, 'not an HTTP message');
// RFC 9112 3: method SP target SP version, single spaces. HTTP/0.9 has no version and fails here too.
const BAD_REQUEST_LINE = localResponse(400, 'malformed request line');
// RFC 9112 2.3. HTTP/2.0 after a lone request line begins another protocol.
const BAD_VERSION = localResponse(400, 'unknown HTTP version');
// RFC 9112 4. The space before an empty reason may be missing: many servers omit it, and nothing depends on it.
const BAD_STATUS_LINE = localResponse(502, 'malformed status line');

/** The result of `findHeadEnd` if the head is not whole yet. */
export const INCOMPLETE = -1;

/** A request's head. Its strings are what the client sent. */
export class RequestHead {
  method = '';
  target = '';
  /** The request's minor HTTP version, 0 or 1. */
  minor = 1;
  readonly fields = new HeaderFields();
}

/** A response's head. Its strings are what the target sent. */
export class ResponseHead {
  status = 0;
  reason = '';
  minor = 1;
  /** True if the status line is one of HTTP/1.1, with its space before the reason. */
  hasUsualLine = false;
  readonly fields = new HeaderFields();
}

/** Returns the offset after the empty lines that may precede a request (RFC 9112 2.2). */
export function skipEmptyLines(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at + 1 < to && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}

/**
 * Returns the offset after the empty line that ends the head at `from`, INCOMPLETE if the head is not whole yet, or a
 * local response as soon as the head is too long or cannot become valid. `searchedTo` is the offset at which an earlier
 * call stopped searching.
 */
export function findHeadEnd(bytes: Buffer, from: number, searchedTo: number): number | LocalResponse {
  const searchFrom = Math.max(from, searchedTo - 3);
  const found = indexOfEmptyLine(bytes, searchFrom);
  if (found !== -1) return found + 4 - from > MAX_HEAD_BYTES ? TOO_LONG : found + 4;
  if (bytes.length > from && TOKEN[bytes[from] as number] !== 1 && bytes[from] !== CR) return BAD_START;
  let lf = bytes.indexOf(LF, searchFrom);
  while (lf !== -1) {
    if (lf === from || bytes[lf - 1] !== CR) return BARE_LF;
    lf = bytes.indexOf(LF, lf + 1);
  }
  return bytes.length - from >= MAX_HEAD_BYTES ? TOO_LONG : INCOMPLETE;
}

/**
 * Returns the offset of the first CR LF CR LF, or -1. Most bytes are above LF and CR, so that every fourth one is looked
 * at. For the length of a head that is faster than a call of Node's search.
 */
function indexOfEmptyLine(bytes: Buffer, from: number): number {
  let at = from + 3;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (byte > CR) at += 4;
    else if (byte === LF && bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at - 3;
    else at++;
  }
  return -1;
}

/**
 * Parses the request head at bytes[from..to), whose end `findHeadEnd` found. Returns a local response if it is
 * malformed.
 */
export function parseRequestHead(
  bytes: Buffer,
  from: number,
  to: number,
  head: RequestHead,
): LocalResponse | undefined {
  let at = from;
  while (TOKEN[bytes[at] as number] === 1) at++;
  const methodEnd = at;
  if (methodEnd === from || bytes[at] !== SP) return BAD_REQUEST_LINE;
  at++;
  while (TARGET[bytes[at] as number] === 1) at++;
  const targetEnd = at;
  if (targetEnd === methodEnd + 1 || bytes[at] !== SP) return BAD_REQUEST_LINE;
  const minor = parseVersion(bytes, at + 1);
  if (minor === -1 || bytes[at + 9] !== CR || bytes[at + 10] !== LF) {
    return hasVersion(bytes, at + 1) ? BAD_VERSION : BAD_REQUEST_LINE;
  }
  const text = bytes.toString('latin1', from, to);
  head.fields.text = text;
  head.method = text.slice(0, methodEnd - from);
  head.target = text.slice(methodEnd + 1 - from, targetEnd - from);
  head.minor = minor;
  return parseFields(bytes, at + 11, to - 2, from, head.fields);
}

/**
 * Parses the response head at bytes[from..to), whose end `findHeadEnd` found. Returns why it is malformed, if it is and
 * cannot be repaired.
 */
export function parseResponseHead(
  bytes: Buffer,
  from: number,
  to: number,
  head: ResponseHead,
): LocalResponse | undefined {
  const minor = parseVersion(bytes, from);
  if (minor === -1 || bytes[from + 8] !== SP) return BAD_STATUS_LINE;
  const status = parseStatus(bytes, from + 9);
  if (status === -1) return BAD_STATUS_LINE;
  let at = from + 12;
  if (bytes[at] === SP) at++;
  else if (bytes[at] !== CR) return BAD_STATUS_LINE;
  const reasonStart = at;
  while (FIELD_VALUE[bytes[at] as number] === 1) at++;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return BAD_STATUS_LINE;
  const text = bytes.toString('latin1', from, to);
  head.fields.text = text;
  head.status = status;
  head.reason = text.slice(reasonStart - from, at - from);
  head.minor = minor;
  head.hasUsualLine = minor === 1 && reasonStart === from + 13;
  const fault = parseFields(bytes, at + 2, to - 2, from, head.fields);
  if (fault === undefined || repairFields(text.slice(at + 2 - from, -2), head.fields)) return undefined;
  return fault;
}

/** Returns the minor version of "HTTP/1.0" or "HTTP/1.1" in capitals (RFC 9112 2.3), or -1. */
function parseVersion(bytes: Buffer, from: number): number {
  if (!hasVersion(bytes, from) || bytes[from + 5] !== 0x31 || bytes[from + 6] !== 0x2e) return -1;
  const minor = (bytes[from + 7] as number) - 0x30;
  return minor === 0 || minor === 1 ? minor : -1;
}

function hasVersion(bytes: Buffer, from: number): boolean {
  return (
    bytes[from] === 0x48 &&
    bytes[from + 1] === 0x54 &&
    bytes[from + 2] === 0x54 &&
    bytes[from + 3] === 0x50 &&
    bytes[from + 4] === 0x2f
  );
}

/** Returns a status of three digits, 100-999, or -1. A status above 599 means a server error (RFC 9110 15). */
function parseStatus(bytes: Buffer, from: number): number {
  let status = 0;
  for (let at = from; at < from + 3; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : -1;
}
