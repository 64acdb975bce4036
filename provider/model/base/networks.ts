// Networks in CIDR notation, and whether an address lies in one of them.
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './target-key.ts';

interface Network {
  readonly cidr: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly list: BlockList;
}

export class Networks {
  readonly #networks: readonly Network[];
  /** Networks of one address, by that address: a machine may have thousands of addresses. */
  readonly #single: ReadonlyMap<string, string>;

  /** `cidrs`: IPv4 and IPv6 networks such as "10.0.0.0/8". A bare address is a network of itself. */
  constructor(cidrs: readonly string[]) {
    const [single, others] = [cidrs.filter(isSingle), cidrs.filter((cidr) => !isSingle(cidr))];
    this.#single = new Map(single.map((cidr) => [canonicalAddress(cidr.split('/')[0] ?? ''), cidr]));
    this.#networks = others.map(networkOf);
  }

  /** The network that contains the address. Returns `undefined` if none does. */
  find(address: string): string | undefined {
    const canonical = canonicalAddress(address);
    const single = this.#single.get(canonical);
    if (single !== undefined || this.#networks.length === 0) return single;
    const family = isIPv4(canonical) ? 'ipv4' : 'ipv6';
    // A BlockList also finds IPv4 addresses in IPv6 networks, so that `::/0` would contain all of them.
    return this.#networks.find((each) => each.family === family && each.list.check(canonical, family))?.cidr;
  }
}

/** Whether an address reaches the machine itself by its loopback interface. */
export function isLoopback(address: string): boolean {
  const canonical = canonicalAddress(address);
  return canonical === '::1' || (isIPv4(canonical) && canonical.startsWith('127.'));
}

/** Whether an address is that of many machines at once: a multicast group, or every machine of the network. */
export function isOfMany(address: string): boolean {
  const canonical = canonicalAddress(address);
  return isIPv4(canonical)
    ? /^(?:2(?:2[4-9]|3\d)\.|255\.255\.255\.255$)/.test(canonical)
    : /^ff[^:]{2}:/.test(canonical);
}

/** Whether a text is an IPv4 or IPv6 network, or a bare address. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const longest = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : -1;
  if (longest === -1 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
}

function isSingle(cidr: string): boolean {
  const [address = '', bits] = cidr.split('/');
  return bits === undefined || Number(bits) === (isIPv4(address) ? 32 : 128);
}

function networkOf(cidr: string): Network {
  const [address = '', bits] = cidr.split('/');
  const canonical = canonicalAddress(address);
  const family = isIPv4(canonical) ? 'ipv4' : 'ipv6';
  // The first 96 bits of an IPv4 address that is mapped into IPv6 are the mapping itself.
  const mapping = family === 'ipv4' && !isIPv4(address) ? 96 : 0;
  const longest = family === 'ipv4' ? 32 : 128;
  const list = new BlockList();
  list.addSubnet(canonical, bits === undefined ? longest : Math.max(0, Number(bits) - mapping), family);
  return { cidr, family, list };
}
