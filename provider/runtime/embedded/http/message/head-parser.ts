// Finds the end of a head and parses it, strictly, into reused objects: the first thing that happens to bytes of either side.
import { CR, FIELD_VALUE, LF, SP, TARGET, TOKEN } from './characters.ts';
import { HeaderFields, parseFields } from './fields.ts';
import { type LocalResponse, localResponse } from './local-response.ts';

const MAX_HEAD_BYTES = 32 * 1024;

// RFC 6585 5, RFC 9110 4.1 for the target within it.
const TOO_LONG = localResponse(431, `head over ${MAX_HEAD_BYTES} bytes`);
// RFC 9112 2.2 lets a recipient take a bare LF as a line's end; then two parties differ in where a head ends.
const BARE_LF = localResponse(400, 'bare LF in the head');
// RFC 9112 3 and 4: a method or a version. A TLS hello on a plain port ends here, and not at the idle timeout.
const BAD_START = localResponse(400, 'not an HTTP message');
// RFC 9112 3: method SP target SP version, single spaces. HTTP/0.9 has no version and ends here as well.
const BAD_REQUEST_LINE = localResponse(400, 'malformed request line');
// RFC 9112 2.3. HTTP/2.0 behind a lone request line is the start of another protocol.
const BAD_VERSION = localResponse(400, 'unknown HTTP version');
// RFC 9112 4. The space before an empty reason may be missing: many servers leave it out, and nothing depends on it.
const BAD_STATUS_LINE = localResponse(502, 'malformed status line');

/** What findHeadEnd returns where the head is not whole yet. */
export const INCOMPLETE = -1;

/** A request's head; strings are what was sent. */
export class RequestHead {
  method = '';
  target = '';
  /** The minor HTTP version, 0 or 1. */
  minor = 1;
  readonly fields = new HeaderFields();
}

export class ResponseHead {
  status = 0;
  reason = '';
  minor = 1;
  readonly fields = new HeaderFields();
}

/** The place of the first byte that is not part of an empty line before a request (RFC 9112 2.2). */
export function skipEmptyLines(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at + 1 < to && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}

/**
 * The place after the empty line that ends the head which starts at `from`; INCOMPLETE where there is none yet.
 * `searchedTo`: what an earlier call has seen without finding it. An incomplete head is refused as soon as it is too
 * long or nothing could complete it.
 */
export function findHeadEnd(bytes: Buffer, from: number, searchedTo: number): number | LocalResponse {
  const searchFrom = Math.max(from, searchedTo - 3);
  const found = bytes.indexOf('\r\n\r\n', searchFrom, 'latin1');
  if (found !== -1) return found + 4 - from > MAX_HEAD_BYTES ? TOO_LONG : found + 4;
  if (bytes.length > from && TOKEN[bytes[from] as number] !== 1 && bytes[from] !== CR) return BAD_START;
  let lf = bytes.indexOf(LF, searchFrom);
  while (lf !== -1) {
    if (lf === from || bytes[lf - 1] !== CR) return BARE_LF;
    lf = bytes.indexOf(LF, lf + 1);
  }
  return bytes.length - from >= MAX_HEAD_BYTES ? TOO_LONG : INCOMPLETE;
}

/** Parses the head at bytes[from..to), of findHeadEnd. */
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

/** Parses the head at bytes[from..to), of findHeadEnd. */
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
  return parseFields(bytes, at + 2, to - 2, from, head.fields);
}

/** "HTTP/1.0" and "HTTP/1.1" in capitals (RFC 9112 2.3): the minor version, or -1. */
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

/** Three digits, 100-599 (RFC 9110 15), or -1. */
function parseStatus(bytes: Buffer, from: number): number {
  let status = 0;
  for (let at = from; at < from + 3; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : -1;
}
