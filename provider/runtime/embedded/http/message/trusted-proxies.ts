// Trusted proxies in front of the runtime: their networks, and the forwarding lines for requests through them. Pure.
import { isIP } from 'node:net';
import { Networks } from '../../../../model/base/networks.ts';
import { plainAddress } from '../../../../model/base/plain-address.ts';
import { canonicalAddress } from '../../../../model/base/target-key.ts';
import { isAuthority } from './authority.ts';
import {
  FORWARDED,
  X_FORWARDED_FOR,
  X_FORWARDED_HOST,
  X_FORWARDED_PORT,
  X_FORWARDED_PROTO,
  X_REAL_IP,
} from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/** A client connection from a trusted proxy. */
export interface TrustedConnection {
  readonly remoteAddress: string;
  readonly protocol: 'http' | 'https';
  readonly localPort: number;
  /** The result of `TrustedProxies.clientIn` for the trusted networks of the listener. */
  clientIn(chain: string): string | undefined;
}

const MAX_PORT = 65_535;

/** The trusted networks of a listener, made once from its settings. */
export class TrustedProxies {
  readonly #blocks: readonly string[];
  readonly #networks: Networks;

  /** `blocks` are networks such as `10.0.0.0/8` or `2001:db8::/32`. */
  constructor(blocks: readonly string[]) {
    this.#blocks = blocks;
    this.#networks = new Networks(blocks);
  }

  /** Returns these networks if they were made from the same list, otherwise those of the list. */
  of(blocks: readonly string[]): TrustedProxies {
    return blocks === this.#blocks ? this : new TrustedProxies(blocks);
  }

  has(remoteAddress: string): boolean {
    const address = plainAddress(remoteAddress);
    return address !== '' && this.#networks.find(address) !== undefined;
  }

  /**
   * The client's address in the X-Forwarded-For chain that a trusted proxy sent: the last one that is not trusted, or
   * the first one if all are. A member that is no address ends the search. Returns `undefined` if the last one is none.
   */
  clientIn(chain: string): string | undefined {
    let client: string | undefined;
    for (let to = chain.length; to >= 0; ) {
      const comma = to === 0 ? -1 : chain.lastIndexOf(',', to - 1);
      const address = addressOf(chain.slice(comma + 1, to));
      if (address === undefined) break;
      client = address;
      if (!this.has(address)) break;
      to = comma;
    }
    return client;
  }
}

/**
 * The forwarding lines for a request to `host` whose `fields` a trusted proxy sent. X-Forwarded-For is a chain to which
 * each proxy adds the address that it got the request from. X-Forwarded-Proto, -Port and -Host pass if each member of
 * their chain is well formed; otherwise they describe this connection and this request. X-Real-IP passes if it is one
 * address; otherwise it is the client's address in `chain`, the result of `forwardedForOf`, or else the proxy's.
 */
export function chainedLines(fields: HeaderFields, connection: TrustedConnection, host: string, chain: string): string {
  const proxy = plainAddress(connection.remoteAddress);
  const proto = chainOf(fields, X_FORWARDED_PROTO);
  const port = chainOf(fields, X_FORWARDED_PORT);
  const origin = chainOf(fields, X_FORWARDED_HOST);
  const real = chainOf(fields, X_REAL_IP);
  let lines = `X-Forwarded-For: ${chain === '' ? '' : `${chain}, `}${proxy}\r\n`;
  lines += `X-Forwarded-Proto: ${isEach(proto, isProto) ? proto : connection.protocol}\r\n`;
  lines += `X-Forwarded-Port: ${isEach(port, isPort) ? port : connection.localPort}\r\n`;
  lines += `X-Forwarded-Host: ${isEach(origin, isAuthority) ? origin : host}\r\n`;
  lines += `X-Real-IP: ${isIP(real) !== 0 ? real : (connection.clientIn(chain) ?? proxy)}\r\n`;
  for (let index = 0; index < fields.count; index++) {
    // RFC 7239 4: a proxy adds to the Forwarded field or passes it unchanged.
    if (fields.known[index] === FORWARDED) lines += `Forwarded: ${fields.value(index)}\r\n`;
  }
  return lines;
}

/** The X-Forwarded-For chain of a request: the values of all its lines in their order, or '' if there is none. */
export function forwardedForOf(fields: HeaderFields): string {
  return chainOf(fields, X_FORWARDED_FOR);
}

/** The values of all lines with one name as one list in their order (RFC 9110 5.3), or '' if there is none. */
function chainOf(fields: HeaderFields, id: number): string {
  let chain = '';
  for (let index = 0; index < fields.count; index++) {
    if (fields.known[index] !== id || fields.value(index) === '') continue;
    chain += `${chain === '' ? '' : ', '}${fields.value(index)}`;
  }
  return chain;
}

function isEach(chain: string, isMember: (text: string) => boolean): boolean {
  return chain !== '' && chain.split(',').every((member) => isMember(member.trim()));
}

/** Returns true for a scheme of HTTP, or one of WebSocket, which some proxies name. */
function isProto(text: string): boolean {
  return /^(?:http|ws)s?$/i.test(text);
}

/** The address of a member of a chain, which may have a port. Returns `undefined` for other text, such as "unknown". */
function addressOf(member: string): string | undefined {
  const text = member.trim();
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(text) ?? [];
  const address = bracketed ?? dotted ?? text;
  return isIP(address) === 0 || address.includes('%') ? undefined : canonicalAddress(address);
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= MAX_PORT;
}
