// The header fields that the runtime reads, sets or drops; fields with other names pass through unread.

/** Ids of known names; 0 is any other name. Id 9, `trailer`, exists only to keep it out of trailer sections. */
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const KEEP_ALIVE = 5;
export const PROXY_CONNECTION = 6;
export const UPGRADE = 7;
export const TE = 8;
export const EXPECT = 10;
export const HTTP2_SETTINGS = 11;
export const PROXY_AUTHENTICATE = 12;
export const PROXY_AUTHORIZATION = 13;
export const X_FORWARDED_FOR = 14;
export const X_FORWARDED_PROTO = 15;
export const X_FORWARDED_PORT = 16;
export const FORWARDED = 17;
export const X_FORWARDED_HOST = 18;
export const X_REAL_IP = 19;
/** The id of every other name under which proxies tell a target about the client or about the original request. */
export const ABOUT_CLIENT = 20;
export const AUTHORIZATION = 21;
export const WWW_AUTHENTICATE = 22;
export const VIA = 23;

/** Known names and their ids, which are below 32 so that a number can be a set of them. */
const NAMES: readonly (readonly [name: string, id: number])[] = [
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['keep-alive', KEEP_ALIVE],
  ['proxy-connection', PROXY_CONNECTION],
  ['upgrade', UPGRADE],
  ['te', TE],
  ['trailer', 9],
  ['expect', EXPECT],
  ['http2-settings', HTTP2_SETTINGS],
  ['proxy-authenticate', PROXY_AUTHENTICATE],
  ['proxy-authorization', PROXY_AUTHORIZATION],
  ['x-forwarded-for', X_FORWARDED_FOR],
  ['x-forwarded-proto', X_FORWARDED_PROTO],
  ['x-forwarded-port', X_FORWARDED_PORT],
  ['forwarded', FORWARDED],
  ['x-forwarded-host', X_FORWARDED_HOST],
  ['x-real-ip', X_REAL_IP],
  ['client-ip', ABOUT_CLIENT],
  ['true-client-ip', ABOUT_CLIENT],
  ['x-client-ip', ABOUT_CLIENT],
  ['x-cluster-client-ip', ABOUT_CLIENT],
  ['forwarded-for', ABOUT_CLIENT],
  ['x-original-url', ABOUT_CLIENT],
  ['x-original-host', ABOUT_CLIENT],
  ['x-rewrite-url', ABOUT_CLIENT],
  ['authorization', AUTHORIZATION],
  ['www-authenticate', WWW_AUTHENTICATE],
  ['via', VIA],
];

/** Every other name that begins so (X-Forwarded-Ssl, -Server, -Prefix) is ABOUT_CLIENT too. */
const ABOUT_CLIENT_START = 'x-forwarded';

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;
const LETTER_X = 0x78;
const MAX_NAME_LENGTH = 31;

const BYTES = NAMES.map(([name]) => toBytes(name));
const IDS = Uint8Array.from(NAMES, ([, id]) => id);
const START = toBytes(ABOUT_CLIENT_START);

/** The first place in NAMES by length and first letter, plus one; 0 if no known name has them. */
const FIRST = new Uint8Array((MAX_NAME_LENGTH + 1) * 32);
/** By place in NAMES: the next place with the same length and first letter, plus one, or 0. */
const NEXT = new Uint8Array(NAMES.length);
for (const [place, bytes] of BYTES.entries()) {
  const at = slot(bytes.length, bytes[0] as number);
  NEXT[place] = FIRST[at] as number;
  FIRST[at] = place + 1;
}

/**
 * Returns the id of the name at bytes[from..to), in any case. `_` counts as `-`, because CGI and similar interfaces
 * cannot tell them apart: a backend would read `X_Forwarded_For` as the real field. The parser refuses framing fields
 * spelt with `_`.
 */
export function knownName(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const first = bytes[from] as number;
  if (length <= MAX_NAME_LENGTH) {
    // Most names have a length and a first letter that no known name has.
    for (let next = FIRST[slot(length, first)] as number; next !== 0; next = NEXT[next - 1] as number) {
      if (hasBytes(bytes, from, BYTES[next - 1] as Uint8Array)) return IDS[next - 1] as number;
    }
  }
  return (first | 0x20) === LETTER_X && length >= START.length && hasBytes(bytes, from, START) ? ABOUT_CLIENT : 0;
}

/** Makes a set of field ids: the bit of each one is 1. */
export function nameSet(...ids: readonly number[]): number {
  return ids.reduce((set, id) => set | (1 << id), 0);
}

/** Returns true if the field id is in the set. */
export function hasName(set: number, id: number): boolean {
  return ((set >>> id) & 1) === 1;
}

/** Returns true if bytes[from..) begin with the name `expected`. */
function hasBytes(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) {
    const byte = bytes[from + index] as number;
    const folded = byte === UNDERSCORE ? HYPHEN : byte | 0x20;
    if (folded !== expected[index]) return false;
  }
  return true;
}

function slot(length: number, firstByte: number): number {
  return (length << 5) | (firstByte & 31);
}

function toBytes(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}
