// Networks in CIDR notation, and whether an address lies in one of them.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './target-key.ts';

export class Networks {
  readonly #networks: readonly { readonly cidr: string; readonly list: BlockList }[];

  /** `cidrs`: IPv4 and IPv6 networks such as "10.0.0.0/8". A bare address is a network of itself. */
  constructor(cidrs: readonly string[]) {
    this.#networks = cidrs.map((cidr) => ({ cidr, list: listOf(cidr) }));
  }

  /** The network that contains the address. Returns `undefined` if none does. */
  find(address: string): string | undefined {
    const canonical = canonicalAddress(address);
    const family = isIPv4(canonical) ? 'ipv4' : 'ipv6';
    return this.#networks.find(({ list }) => list.check(canonical, family))?.cidr;
  }
}

/** Whether a text is an IPv4 or IPv6 network, or a bare address. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const longest = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1;
  if (longest === -1 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
}

function listOf(cidr: string): BlockList {
  const [address = '', bits] = cidr.split('/');
  const canonical = canonicalAddress(address);
  const list = new BlockList();
  if (!isIPv4(canonical)) list.addSubnet(canonical, Number(bits ?? 128), 'ipv6');
  // 96 bits of a network of IPv4 addresses that are mapped into IPv6 are the mapping itself.
  else list.addSubnet(canonical, isIPv4(address) ? Number(bits ?? 32) : Math.max(0, Number(bits ?? 128) - 96), 'ipv4');
  return list;
}
