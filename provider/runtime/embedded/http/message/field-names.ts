// The header fields that the runtime reads, sets or drops; fields with other names pass through unread.
import { ABOUT_CLIENT_NAMES } from '../../../../model/base/about-client-names.ts';
import { FOLDED } from './characters.ts';

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
/** CGI turns a field of this name into the variable HTTP_PROXY, by which programs choose their own proxy. */
export const PROXY = 24;
export const PERSISTENT_AUTH = 25;
/** The id of a name in FORWARDING that is spelt with another character for a hyphen: no proxy sets such a field. */
export const MISSPELT_FORWARDING = 26;

/** Known names but TE and those of ABOUT_CLIENT. All ids are below 32, so that a number can be a set of them. */
const NAMES: readonly (readonly [name: string, id: number])[] = [
  ['host', HOST],
  ['content-length', CONTENT_LENGTH],
  ['transfer-encoding', TRANSFER_ENCODING],
  ['connection', CONNECTION],
  ['keep-alive', KEEP_ALIVE],
  ['proxy-connection', PROXY_CONNECTION],
  ['upgrade', UPGRADE],
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
  ['authorization', AUTHORIZATION],
  ['www-authenticate', WWW_AUTHENTICATE],
  ['via', VIA],
  ['proxy', PROXY],
  ['persistent-auth', PERSISTENT_AUTH],
];

/** The names that are set for each target. */
export const FORWARDING = nameSet(X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_PORT, X_FORWARDED_HOST, X_REAL_IP);

const KEYS = 1 << 15;

/** A `*` in a name of ABOUT_CLIENT stands for any text. */
const OF_CLIENT = Object.values(ABOUT_CLIENT_NAMES).flat();
const STARTS = OF_CLIENT.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
const ENDS = OF_CLIENT.filter((name) => name.startsWith('*')).map((name) => name.slice(1));
const OTHERS = OF_CLIENT.filter((name) => !name.includes('*'));

// The first, third and fourth characters tell nearly all names apart; the second one is a hyphen in many. In a field
// section a colon follows the name. A name that ends in `*` has four other characters at least.
const BY_START = chains([...NAMES.map(([name]) => name), ...OTHERS, ...STARTS], (name) =>
  startKey(toBytes(`${name}:`), 0),
);
const BY_END = chains(ENDS, (name) => endKey(toBytes(name), name.length));
const FIRST_START = BY_START.names.length - STARTS.length;
const TE_BYTES = toBytes('te');
/** Ids by the number of a name in BY_START. The numbers after these have the id ABOUT_CLIENT. */
const IDS = Uint8Array.from([0, ...NAMES.map(([, id]) => id)]);

/**
 * Returns the id of the name at bytes[from..to), in any case and with any character that is no letter or digit for a
 * hyphen. The name is part of a field section, so that more bytes follow it. The parser refuses framing fields that are
 * not spelt with a hyphen.
 */
export function knownName(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length < 3) return length === 2 && hasBytes(bytes, from, TE_BYTES) ? TE : 0;
  for (let at = BY_START.first[startKey(bytes, from)] as number; at !== 0; at = BY_START.next[at] as number) {
    const name = BY_START.names[at] as Uint8Array;
    const isRight = length === name.length || (length > name.length && at >= FIRST_START);
    if (isRight && hasBytes(bytes, from, name)) return at < IDS.length ? (IDS[at] as number) : ABOUT_CLIENT;
  }
  for (let at = BY_END.first[endKey(bytes, to)] as number; at !== 0; at = BY_END.next[at] as number) {
    const name = BY_END.names[at] as Uint8Array;
    if (length >= name.length && hasBytes(bytes, to - name.length, name)) return ABOUT_CLIENT;
  }
  return 0;
}

/** Returns a name in the form in which names are compared: see FOLDED. */
export function foldedName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Makes a set of field ids: the bit of each one is 1. */
export function nameSet(...ids: readonly number[]): number {
  return ids.reduce((set, id) => set | (1 << id), 0);
}

/** Returns true if the field id is in the set. */
export function hasName(set: number, id: number): boolean {
  return ((set >>> id) & 1) === 1;
}

/** Returns true if bytes[from..) begin with the folded name `expected`. The ends of names differ most. */
function hasBytes(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  for (let index = expected.length - 1; index >= 0; index--) {
    if (FOLDED[bytes[from + index] as number] !== expected[index]) return false;
  }
  return true;
}

function startKey(bytes: Uint8Array, from: number): number {
  const first = FOLDED[bytes[from] as number] as number;
  const third = FOLDED[bytes[from + 2] as number] as number;
  const fourth = FOLDED[bytes[from + 3] as number] as number;
  return ((first & 31) << 10) | ((third & 31) << 5) | (fourth & 31);
}

function endKey(bytes: Uint8Array, to: number): number {
  return (((bytes[to - 2] as number) & 31) << 5) | ((bytes[to - 1] as number) & 31);
}

/**
 * Names by a key that several may have: the number of the first one, and by its number that of the next one, or 0. They
 * keep their order, so that X-Forwarded-For is found before what begins with X-Forwarded.
 */
interface Chains {
  readonly names: readonly Uint8Array[];
  readonly first: Uint8Array;
  readonly next: Uint8Array;
}

function chains(names: readonly string[], keyOf: (name: string) => number): Chains {
  const first = new Uint8Array(KEYS);
  const next = new Uint8Array(names.length + 1);
  for (let number = names.length; number > 0; number--) {
    const key = keyOf(names[number - 1] as string);
    next[number] = first[key] as number;
    first[key] = number;
  }
  return { names: [new Uint8Array(), ...names.map(toBytes)], first, next };
}

function toBytes(name: string): Uint8Array {
  return Uint8Array.from(name, (character) => character.charCodeAt(0));
}
