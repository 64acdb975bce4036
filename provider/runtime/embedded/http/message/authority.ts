// Host and port of a request: whether they are well formed, and whether two spellings mean the same.
import { isIPv6 } from 'node:net';
import { hostKey } from '../../../../model/base/route-key.ts';
import { HEX_VALUE, HOST_NAME } from './characters.ts';

const MAX_PORT = 65_535;
const MAX_PORT_DIGITS = 5;
const PERCENT = 0x25;
const ZERO = 0x30;

/**
 * Returns `true` for a host with an optional port (RFC 9110 7.2, RFC 3986 3.2): never empty (RFC 9110 4.2.1) and
 * without user information (RFC 9110 4.2.4).
 */
export function isAuthority(authority: string): boolean {
  const portAt = portColon(authority);
  const host = portAt === -1 ? authority : authority.slice(0, portAt);
  if (portAt !== -1 && !isPort(authority.slice(portAt + 1))) return false;
  if (host.startsWith('[')) return isIpLiteral(host);
  if (host === '') return false;
  for (let index = 0; index < host.length; index++) {
    const character = host.charCodeAt(index);
    if (HOST_NAME[character] !== 1 || (character === PERCENT && !isEscape(host, index))) return false;
  }
  return true;
}

/** Returns `true` if two authorities mean the same, whatever their case, final dot or default port. */
export function isSameAuthority(one: string, other: string, defaultPort: number): boolean {
  return one === other || canonicalAuthority(one, defaultPort) === canonicalAuthority(other, defaultPort);
}

/** The host of an authority, without its port. */
export function hostOf(authority: string): string {
  const portAt = portColon(authority);
  return portAt === -1 ? authority : authority.slice(0, portAt);
}

function canonicalAuthority(authority: string, defaultPort: number): string {
  const portAt = portColon(authority);
  const port = portAt === -1 || portAt === authority.length - 1 ? defaultPort : Number(authority.slice(portAt + 1));
  return `${hostKey(hostOf(authority))}:${port}`;
}

/** Index of the colon before the port, ignoring an IPv6 literal; -1 if there is no port. */
function portColon(authority: string): number {
  return authority.indexOf(':', authority.startsWith('[') ? authority.indexOf(']') + 1 : 0);
}

/** Returns `true` for a valid port, which may be empty (RFC 3986 3.2.3). */
function isPort(text: string): boolean {
  if (text.length > MAX_PORT_DIGITS) return false;
  let port = 0;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - ZERO;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port <= MAX_PORT;
}

/** Returns `true` if a percent sign begins an escape (RFC 3986 2.1). */
function isEscape(host: string, at: number): boolean {
  return (
    at + 2 < host.length && HEX_VALUE[host.charCodeAt(at + 1)] !== 255 && HEX_VALUE[host.charCodeAt(at + 2)] !== 255
  );
}

/** Returns `true` for an IPv6 literal (RFC 3986 3.2.2) without a zone, which RFC 9110 4.2.1 excludes. */
function isIpLiteral(host: string): boolean {
  return host.endsWith(']') && !host.includes('%') && isIPv6(host.slice(1, -1));
}
