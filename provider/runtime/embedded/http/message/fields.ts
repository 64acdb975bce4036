// The strict parser of field sections, for heads and trailers, and the places of names and values in their text.
import { COLON, CR, FIELD_VALUE, FOLDED, HTAB, HYPHEN, LF, SP, TOKEN } from './characters.ts';
import {
  CONTENT_LENGTH,
  FORWARDING,
  hasName,
  knownName,
  MISSPELT_FORWARDING,
  nameSet,
  TRANSFER_ENCODING,
} from './field-names.ts';
import { type LocalResponse, localResponse } from './local-response.ts';

const MAX_FIELDS = 128;

const FRAMING = nameSet(CONTENT_LENGTH, TRANSFER_ENCODING);
/**
 * Fields of which only the exact name counts. A trusted proxy sets or drops that name only, so that what another
 * spelling says comes from its client.
 */
const EXACT = FRAMING | FORWARDING;

// RFC 6585 5: the server may refuse too many fields.
const TOO_MANY = localResponse(431, `more than ${MAX_FIELDS} header fields`);
// RFC 9112 5.2: a line that continues the line before it.
const OBS_FOLD = localResponse(400, 'folded header line');
// RFC 9112 5.1: a name is a token, without whitespace before the colon.
const BAD_NAME = localResponse(400, 'malformed header name');
// RFC 9110 5.5 lists the characters of values; RFC 9112 2.2 rules out bare CR and LF.
const BAD_VALUE = localResponse(400, 'forbidden character in a header value');
// Not from an RFC: backends that change other characters to `-` would frame the message by this field.
const MISSPELT = localResponse(400, 'framing header without its hyphen');

/**
 * The fields of a head or trailer section, valid until the next section is parsed into this object. All offsets index
 * `text`.
 */
export class HeaderFields {
  /** The whole head or trailer section as latin1. */
  text = '';
  count = 0;
  /** Offset in `text` where the first field line starts. `end` is the offset after the last field line and its CRLF. */
  start = 0;
  end = 0;
  readonly nameStart = new Int32Array(MAX_FIELDS);
  readonly nameEnd = new Int32Array(MAX_FIELDS);
  readonly valueStart = new Int32Array(MAX_FIELDS);
  readonly valueEnd = new Int32Array(MAX_FIELDS);
  /** Ids of the field names, 0 for an unknown name. */
  readonly known = new Uint8Array(MAX_FIELDS);
  /** The set of the ids in `known`, so that no loop searches for a field that the section lacks. */
  seen = 0;

  name(index: number): string {
    return this.text.slice(this.nameStart[index], this.nameEnd[index]);
  }

  value(index: number): string {
    return this.text.slice(this.valueStart[index], this.valueEnd[index]);
  }
}

/**
 * Parses the field lines bytes[from..to), which end in CRLF and exclude the empty line after them. `base` is the offset
 * in `bytes` of the first character of `fields.text`. Returns a local response if a line is malformed.
 */
export function parseFields(
  bytes: Uint8Array,
  from: number,
  to: number,
  base: number,
  fields: HeaderFields,
): LocalResponse | undefined {
  let at = from;
  let count = 0;
  let seen = 0;
  fields.start = from - base;
  while (at < to) {
    if (count === MAX_FIELDS) return TOO_MANY;
    const nameStart = at;
    while (TOKEN[bytes[at] as number] === 1) at++;
    const nameEnd = at;
    if (nameEnd === nameStart || bytes[at] !== COLON) {
      return bytes[nameStart] === SP || bytes[nameStart] === HTAB ? OBS_FOLD : BAD_NAME;
    }
    at++;
    while (bytes[at] === SP || bytes[at] === HTAB) at++;
    const valueStart = at;
    while (FIELD_VALUE[bytes[at] as number] === 1) at++;
    let valueEnd = at;
    if (bytes[at] !== CR || bytes[at + 1] !== LF || at >= to) return BAD_VALUE;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;
    let known = knownName(bytes, nameStart, nameEnd);
    if (hasName(EXACT, known) && isMisspelt(bytes, nameStart, nameEnd)) {
      if (hasName(FRAMING, known)) return MISSPELT;
      known = MISSPELT_FORWARDING;
    }
    fields.nameStart[count] = nameStart - base;
    fields.nameEnd[count] = nameEnd - base;
    fields.valueStart[count] = valueStart - base;
    fields.valueEnd[count] = valueEnd - base;
    fields.known[count] = known;
    seen |= 1 << known;
    count++;
    at += 2;
  }
  fields.count = count;
  fields.seen = seen;
  fields.end = to - base;
  return undefined;
}

/** Returns true if another character than a hyphen counts as one. */
function isMisspelt(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (FOLDED[byte] === HYPHEN && byte !== HYPHEN) return true;
  }
  return false;
}
