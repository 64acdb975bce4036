// The framing of a message's body, decided by its head alone: a length, another framing, or an error (RFC 9112 6.3).
import { CONTENT_LENGTH, nameSet, TRANSFER_ENCODING } from './field-names.ts';
import type { HeaderFields } from './fields.ts';
import { type LocalResponse, localResponse } from './local-response.ts';

/** A framing is a length (0 for no body), CHUNKED or UNTIL_CLOSE. */
export const CHUNKED = -1;
export const UNTIL_CLOSE = -2;

const ABSENT = -3;
const FRAMING_FIELDS = nameSet(CONTENT_LENGTH, TRANSFER_ENCODING);
const MAX_LENGTH_DIGITS = 15;

// RFC 9112 6.3 rule 3: a message with both Content-Length and Transfer-Encoding is the usual means of request
// smuggling.
const BOTH = localResponse(400, 'both Content-Length and Transfer-Encoding');
// RFC 9110 8.6 lets a recipient merge equal Content-Length fields. Those of responses are merged.
const TWO_LENGTHS = localResponse(400, 'more than one Content-Length');
// RFC 9110 8.6: Content-Length has only digits. A leading zero is an error too, because parsers differ in the base that
// they assume.
const BAD_LENGTH = localResponse(400, 'malformed Content-Length');
// RFC 9112 6.1: a body whose last coding is not chunked has no end on which two parties must agree.
const BAD_CODING = localResponse(400, 'transfer coding other than chunked');
// RFC 9112 6.1: Transfer-Encoding in HTTP/1.0 must be treated as faulty framing.
const CHUNKED_IN_1_0 = localResponse(400, 'Transfer-Encoding in HTTP/1.0');

/** Returns true for the fault of a length that is given more than once, or not as one number. */
export function isLengthFault(fault: LocalResponse): boolean {
  return fault === TWO_LENGTHS || fault === BAD_LENGTH;
}

/** Returns the framing of a request's body, or a local response if it is ambiguous. */
export function requestFraming(fields: HeaderFields, minor: number): number | LocalResponse {
  const framing = declaredFraming(fields, minor);
  return framing === ABSENT ? 0 : framing;
}

/**
 * Returns the framing of a response's body, or why it is ambiguous. `isHead` is true for the response to a HEAD
 * request. The status is never 101, after which there is no body.
 */
export function responseFraming(
  fields: HeaderFields,
  minor: number,
  status: number,
  isHead: boolean,
): number | LocalResponse {
  const framing = declaredFraming(fields, minor);
  if (typeof framing !== 'number') return framing;
  // RFC 9112 6.3 rule 1: responses to HEAD and with status 1xx, 204 or 304 have no body.
  if (isHead || status < 200 || status === 204 || status === 304) return 0;
  return framing === ABSENT ? UNTIL_CLOSE : framing;
}

function declaredFraming(fields: HeaderFields, minor: number): number | LocalResponse {
  if ((fields.seen & FRAMING_FIELDS) === 0) return ABSENT;
  let length = ABSENT;
  let isChunked = false;
  for (let index = 0; index < fields.count; index++) {
    const known = fields.known[index];
    if (known === CONTENT_LENGTH) {
      if (length !== ABSENT) return TWO_LENGTHS;
      length = parseLength(fields.value(index));
      if (length === ABSENT) return BAD_LENGTH;
    } else if (known === TRANSFER_ENCODING) {
      if (isChunked || fields.value(index).toLowerCase() !== 'chunked') return BAD_CODING;
      isChunked = true;
    }
  }
  if (!isChunked) return length;
  if (length !== ABSENT) return BOTH;
  return minor === 0 ? CHUNKED_IN_1_0 : CHUNKED;
}

function parseLength(value: string): number {
  if (value.length === 0 || value.length > MAX_LENGTH_DIGITS) return ABSENT;
  let length = 0;
  for (let index = 0; index < value.length; index++) {
    const digit = value.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return ABSENT;
    if (index > 0 && length === 0) return ABSENT;
    length = length * 10 + digit;
  }
  return length;
}
