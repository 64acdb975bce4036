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

const NAMES = [
  '',
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'http2-settings',
  'proxy-authenticate',
  'proxy-authorization',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-port',
  'forwarded',
];

/**
 * Field ids by name length and first letter, which differ for all known names: one look-up finds the only possible
 * name.
 */
const CANDIDATE = new Uint8Array(32 * 32);
const BYTES = NAMES.map((name, id) => {
  if (name !== '') CANDIDATE[slot(name.length, name.charCodeAt(0))] = id;
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
});

const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;

/**
 * Returns the id of the name at bytes[from..to), in any case. `_` counts as `-`, because CGI and similar interfaces
 * cannot tell them apart: a backend would read `X_Forwarded_For` as the real field. The parser refuses framing fields
 * spelt with `_`.
 */
export function knownName(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length > 31) return 0;
  const id = CANDIDATE[slot(length, bytes[from] as number)] as number;
  if (id === 0) return 0;
  const name = BYTES[id] as Uint8Array;
  for (let index = 0; index < length; index++) {
    const byte = bytes[from + index] as number;
    const folded = byte === UNDERSCORE ? HYPHEN : byte | 0x20;
    if (folded !== name[index]) return 0;
  }
  return id;
}

/** Makes a table of flags by field id, 1 for each of `ids`. */
export function nameSet(...ids: readonly number[]): Uint8Array {
  const set = new Uint8Array(NAMES.length);
  for (const id of ids) set[id] = 1;
  return set;
}

function slot(length: number, firstByte: number): number {
  return (length << 5) | (firstByte & 31);
}
