// Makes the head that goes on: end-to-end fields as they came, hop-by-hop fields dropped, our own added.
import { plainAddress } from '../../../../model/base/plain-address.ts';
import type { ConnectionOptions } from './connection-options.ts';
import {
  CONNECTION,
  CONTENT_LENGTH,
  FORWARDED,
  HOST,
  HTTP2_SETTINGS,
  KEEP_ALIVE,
  nameSet,
  PROXY_AUTHENTICATE,
  PROXY_AUTHORIZATION,
  PROXY_CONNECTION,
  TE,
  TRANSFER_ENCODING,
  UPGRADE,
  X_FORWARDED_FOR,
  X_FORWARDED_PORT,
  X_FORWARDED_PROTO,
} from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/** RFC 9110 7.6.1, and the fields for a proxy that RFC 2616 13.5.1 named: they end at this hop whether named or not. */
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

/** A client's own word on where it comes from is worth nothing. */
export const REQUEST_DROPS = nameSet(...HOP_BY_HOP, X_FORWARDED_FOR, X_FORWARDED_PROTO, X_FORWARDED_PORT, FORWARDED);
export const RESPONSE_DROPS = nameSet(...HOP_BY_HOP);
/** RFC 9110 8.6: 1xx and 204 have no length. */
export const BODILESS_RESPONSE_DROPS = nameSet(...HOP_BY_HOP, CONTENT_LENGTH);

/** Dropped by nomination they would leave another message behind for the next hop. */
const NEVER_NOMINATED = nameSet(HOST, CONTENT_LENGTH, TRANSFER_ENCODING);

/**
 * The lines of `fields` that go on, as they came. Lines that stand together are copied as one piece; most heads lose
 * one line or none.
 */
export function keptLines(fields: HeaderFields, drops: Uint8Array, nominated: readonly string[] | undefined): string {
  let kept = '';
  let runStart = -1;
  for (let index = 0; index < fields.count; index++) {
    const known = fields.known[index] as number;
    const isDropped = drops[known] === 1 || (nominated !== undefined && isNominated(fields, index, nominated));
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
  return NEVER_NOMINATED[fields.known[index] as number] === 0 && nominated.includes(fields.name(index).toLowerCase());
}

/** The lines that tell a backend of the client; made once a connection. */
export function forwardedLines(remoteAddress: string, protocol: 'http' | 'https', localPort: number): string {
  return `X-Forwarded-For: ${plainAddress(remoteAddress)}\r\nX-Forwarded-Proto: ${protocol}\r\nX-Forwarded-Port: ${localPort}\r\n`;
}

/** The value of an upgrade that goes on, or undefined. RFC 9113 3.1 took h2c away; a proxy must never pass it. */
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
