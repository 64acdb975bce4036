// The repair of field lines of a response that a proxy may pass on only after it has mended them.
import { CONTENT_LENGTH } from './field-names.ts';
import { type HeaderFields, parseFields } from './fields.ts';

/** Line breaks that continue a value on the next line, with the whitespace that follows each, and the end of the line. */
const FOLD = /(?:\r\n[\t ]+)+(\r\n)?/g;
/** A name with whitespace before its colon. */
const SPACED_NAME = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]+:/gm;
const LENGTH = /^0*(\d{1,15})$/;

/**
 * Parses `lines`, field lines that are malformed, into `fields` after a repair: each folded line becomes one line (RFC
 * 9112 5.2), and no name has whitespace before its colon, which a proxy must remove (RFC 9112 5.1). Returns `false` if
 * the lines are malformed still. Whitespace before the first name continues nothing, and is not repaired.
 */
export function repairFields(lines: string, fields: HeaderFields): boolean {
  return parseLines(unfolded(lines).replace(SPACED_NAME, '$1:'), fields);
}

/** A fold without a text behind it continues nothing, and leaves no space. */
function unfolded(lines: string): string {
  return lines.replace(FOLD, (_, end: string | undefined) => end ?? ' ');
}

/**
 * Puts one Content-Length in place of several equal ones, in lines or in lists (RFC 9110 8.6). Returns `false` if they
 * differ or one is malformed.
 */
export function mergeLengths(fields: HeaderFields): boolean {
  let lines = '';
  let length: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] !== CONTENT_LENGTH) {
      lines += `${fields.name(index)}: ${fields.value(index)}\r\n`;
      continue;
    }
    for (const member of fields.value(index).split(',')) {
      const [, digits] = LENGTH.exec(member.trim()) ?? [];
      if (digits === undefined || (length !== undefined && digits !== length)) return false;
      length = digits;
    }
  }
  return length !== undefined && parseLines(`${lines}Content-Length: ${length}\r\n`, fields);
}

function parseLines(lines: string, fields: HeaderFields): boolean {
  fields.text = lines;
  return parseFields(Buffer.from(lines, 'latin1'), 0, lines.length, 0, fields) === undefined;
}
