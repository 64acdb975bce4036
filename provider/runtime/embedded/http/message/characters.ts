// The bytes that HTTP allows in each place, as tables of 256 flags, and names for a few bytes.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const HYPHEN = 0x2d;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** Characters of methods, field names and connection options (RFC 9110 5.6.2). */
export const TOKEN = table("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/** Characters of field values (RFC 9110 5.5): visible, obs-text, space and tab, but no NUL, control or DEL. */
export const FIELD_VALUE = range(0x21, 0x7e, range(0x80, 0xff, table(' \t')));

/**
 * Characters of request targets: visible ASCII except `#`, because a target has no fragment (RFC 9112 3.2). Characters
 * such as `|` and `"`, which RFC 3986 wants escaped, are allowed: browsers send them and every server accepts them.
 */
export const TARGET = without('#', range(0x21, 0x7e, table('')));

/**
 * Characters of host names (RFC 3986 3.2.2, reg-name) without the comma: a comma joins two Host fields into one, and no
 * name that resolves contains one.
 */
export const HOST_NAME = table("-._~!$&'()*+;=%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

/**
 * Each byte as it counts in the name of a field: capitals as small letters, and whatever is no letter or digit as a
 * hyphen. PHP, CGI and similar interfaces make one name of `X-Real-IP`, `X_Real_IP` and `x.real~ip`, so that a target
 * behind them believes each spelling.
 */
export const FOLDED = foldedBytes();

/** Value of a hexadecimal digit; 255 for any other byte. */
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

function foldedBytes(): Uint8Array {
  const folded = new Uint8Array(256).fill(HYPHEN);
  for (const character of '0123456789abcdefghijklmnopqrstuvwxyz') {
    folded[character.charCodeAt(0)] = character.charCodeAt(0);
    folded[character.toUpperCase().charCodeAt(0)] = character.charCodeAt(0);
  }
  return folded;
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
