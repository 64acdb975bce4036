// Which bytes HTTP allows where, as tables of 256, and the few bytes that have a name: what the parsers look up.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

/** RFC 9110 5.6.2: the characters of methods, field names and connection options. */
export const TOKEN = table("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** RFC 9110 5.5: visible characters, obs-text, space and tab; no NUL, no control, no DEL. */
export const FIELD_VALUE = range(0x21, 0x7e, range(0x80, 0xff, table(' \t')));

/**
 * Visible ASCII but `#`: a request target never has a fragment (RFC 9112 3.2). Characters that RFC 3986 wants escaped,
 * like `|` and `"`, pass: browsers send them and every server takes them.
 */
export const TARGET = without('#', range(0x21, 0x7e, table('')));

/**
 * RFC 3986 3.2.2, reg-name; the comma is left out, since what joins two Host fields into one is a comma and no name
 * that resolves has one.
 */
export const HOST_NAME = table("-._~!$&'()*+;=%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** The value of a hexadecimal digit, 255 for any other byte. */
export const HEX_VALUE = hexValues();

function table(characters: string): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const character of characters) allowed[character.charCodeAt(0)] = 1;
  return allowed;
}

function range(from: number, to: number, allowed: Uint8Array): Uint8Array {
  return allowed.fill(1, from, to + 1);
}

function without(character: string, allowed: Uint8Array): Uint8Array {
  allowed[character.charCodeAt(0)] = 0;
  return allowed;
}

function hexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(255);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    values[digit.charCodeAt(0)] = value;
    values[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return values;
}
