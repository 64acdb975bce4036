// Trusted proxies in front of the runtime: their networks, and the forwarding lines for requests through them. Pure.
import { BlockList, isIPv6 } from 'node:net';
import { plainAddress } from '../../../../model/base/plain-address.ts';
import { FORWARDED, X_FORWARDED_FOR, X_FORWARDED_PORT, X_FORWARDED_PROTO } from './field-names.ts';
import type { HeaderFields } from './fields.ts';

/** A client connection from a trusted proxy. */
export interface TrustedConnection {
  readonly remoteAddress: string;
  readonly protocol: 'http' | 'https';
  readonly localPort: number;
}

const PROTO = /^https?$/i;
const PORT = /^[1-9][0-9]{0,4}$/;
const MAX_PORT = 65_535;

/** The trusted networks of a listener, made once from its settings. */
export class TrustedProxies {
  readonly #blocks = new BlockList();

  /** `blocks` are networks such as `10.0.0.0/8` or `2001:db8::/32`. */
  constructor(blocks: readonly string[]) {
    for (const block of blocks) {
      const [network = '', bits] = block.split('/');
      this.#blocks.addSubnet(network, Number(bits), familyOf(network));
    }
  }

  has(remoteAddress: string): boolean {
    const address = plainAddress(remoteAddress);
    return address !== '' && this.#blocks.check(address, familyOf(address));
  }
}

/**
 * The forwarding lines for a request whose `fields` a trusted proxy sent. X-Forwarded-For is a chain to which each
 * proxy adds the address that it got the request from. X-Forwarded-Proto and -Port pass if they occur once and are well
 * formed; otherwise they describe this connection.
 */
export function chainedLines(fields: HeaderFields, { remoteAddress, protocol, localPort }: TrustedConnection): string {
  let chain = '';
  let forwarded = '';
  for (let index = 0; index < fields.count; index++) {
    const known = fields.known[index];
    // RFC 9110 5.3: several lines with one name form one list in their order.
    if (known === X_FORWARDED_FOR && fields.value(index) !== '') chain += `${fields.value(index)}, `;
    // RFC 7239 4: a proxy adds to the Forwarded field or passes it unchanged.
    else if (known === FORWARDED) forwarded += `Forwarded: ${fields.value(index)}\r\n`;
  }
  const proto = onlyValue(fields, X_FORWARDED_PROTO);
  const port = onlyValue(fields, X_FORWARDED_PORT);
  const passedProto = PROTO.test(proto) ? proto : protocol;
  const passedPort = PORT.test(port) && Number(port) <= MAX_PORT ? port : localPort;
  return `X-Forwarded-For: ${chain}${plainAddress(remoteAddress)}\r\nX-Forwarded-Proto: ${passedProto}\r\nX-Forwarded-Port: ${passedPort}\r\n${forwarded}`;
}

/** Returns the value of a field that occurs exactly once, otherwise ''. */
function onlyValue(fields: HeaderFields, id: number): string {
  const at = fields.known.indexOf(id);
  if (at === -1 || at >= fields.count) return '';
  const next = fields.known.indexOf(id, at + 1);
  return next === -1 || next >= fields.count ? fields.value(at) : '';
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
