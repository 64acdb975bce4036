// The payload of a UDP check as text, in which `\xHH` stands for a byte and `\\` for a backslash.

/** The pattern of a valid payload of a UDP check. A backslash outside the two escapes is a mistake. */
export const PAYLOAD = /^(?:[^\\]|\\\\|\\x[0-9A-Fa-f]{2})*$/;

const ESCAPE = /(\\\\|\\x[0-9A-Fa-f]{2})/;

/** The bytes of a text that matches PAYLOAD. Text that is not an escape is UTF-8. */
export function payloadBytes(text: string): Buffer {
  const parts = text.split(ESCAPE).map((part) => {
    if (part === '\\\\') return Buffer.from('\\');
    return part.startsWith('\\x') ? Buffer.from(part.slice(2), 'hex') : Buffer.from(part);
  });
  return Buffer.concat(parts);
}
