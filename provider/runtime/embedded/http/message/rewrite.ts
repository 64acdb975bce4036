// The rewriting of heads: end-to-end fields pass unchanged, hop-by-hop fields are dropped, own fields are added.
import { plainAddress } from '../../../../model/base/plain-address.ts';
import type { ConnectionOptions } from './connection-options.ts';
import {
  ABOUT_CLIENT,
  CONNECTION,
  CONTENT_LENGTH,
  FORWARDED,
  FORWARDING,
  foldedName,
  HOST,
  HTTP2_SETTINGS,
  hasName,
  KEEP_ALIVE,
  MISSPELT_FORWARDING,
  nameSet,
  PROXY,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  PROXY_CONNECTION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
} from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/** Fields that always end at this hop: those of RFC 9110 7.6.1, and the proxy fields of RFC 2616 13.5.1. */
const HOP_BY_HOP = [
  CONNECTION,
  KEEP_ALIVE,
  PROXY_CONNECTION,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
  HTTP2_SETTINGS,
];

/**
 * Fields dropped from the requests of a trusted proxy. Those of FORWARDING and Forwarded are sent anew. Proxy serves no
 * purpose, and proxies pass it and other spellings of forwarding fields on for clients that they do not know.
 */
export const TRUSTED_REQUEST_DROPS = FORWARDING | nameSet(...HOP_BY_HOP, FORWARDED, PROXY, MISSPELT_FORWARDING);
/** Fields dropped from the requests of other clients. What a client says about itself cannot be trusted. */
export const REQUEST_DROPS = TRUSTED_REQUEST_DROPS | nameSet(ABOUT_CLIENT);
/** Fields dropped from every response. */
export const RESPONSE_DROPS = nameSet(...HOP_BY_HOP);
/** Fields dropped from 1xx and 204 responses, which have no length (RFC 9110 8.6). */
export const BODILESS_RESPONSE_DROPS = nameSet(...HOP_BY_HOP, CONTENT_LENGTH);

/** Fields that a Connection field may not remove, because the next hop would read a different message without them. */
const NEVER_NOMINATED = nameSet(HOST, CONTENT_LENGTH, TRANSFER_ENCODING);

/**
 * Returns the field lines that are passed on, unchanged. Adjacent lines are copied as one piece, because most heads
 * lose one line or none. `from` is the offset of the first line that is passed on: 0 includes the start line.
 */
export function keptLines(
  fields: HeaderFields,
  drops: number,
  nominated: readonly string[] | undefined,
  from = fields.start,
): string {
  if ((fields.seen & drops) === 0 && nominated === undefined) return fields.text.slice(from, fields.end);
  let kept = '';
  let runStart = from < fields.start ? from : -1;
  for (let index = 0; index < fields.count; index++) {
    const known = fields.known[index] as number;
    const isDropped = hasName(drops, known) || (nominated !== undefined && isNominated(fields, index, nominated));
    if (isDropped && runStart !== -1) {
      kept += fields.text.slice(runStart, fields.nameStart[index]);
      runStart = -1;
    } else if (!isDropped && runStart === -1) {
      runStart = fields.nameStart[index] as number;
    }
  }
  return runStart === -1 ? kept : kept + fields.text.slice(runStart, fields.end);
}

function isNominated(fields: HeaderFields, index: number, nominated: readonly string[]): boolean {
  return !hasName(NEVER_NOMINATED, fields.known[index] as number) && nominated.includes(foldedName(fields.name(index)));
}

/**
 * The lines that tell a target about a client that is no trusted proxy; made once for each connection. Each request
 * adds X-Forwarded-Host.
 */
export function forwardedLines(remoteAddress: string, protocol: 'http' | 'https', localPort: number): string {
  const address = plainAddress(remoteAddress);
  return `X-Forwarded-For: ${address}\r\nX-Forwarded-Proto: ${protocol}\r\nX-Forwarded-Port: ${localPort}\r\nX-Real-IP: ${address}\r\n`;
}

/** Returns the upgrade to pass on, or `undefined`. RFC 9113 3.1 removed h2c, which a proxy must never pass on. */
export function upgradeValue(fields: HeaderFields, connection: ConnectionOptions): string | undefined {
  if (!connection.isUpgrade) return undefined;
  let value: string | undefined;
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] === UPGRADE)
      value = value === undefined ? fields.value(index) : `${value}, ${fields.value(index)}`;
  }
  if (value === undefined || value === '') return undefined;
  return value.split(',').some((protocol) => /^h2c\b/i.test(protocol.trim())) ? undefined : value;
}
