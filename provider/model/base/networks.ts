// Networks in CIDR notation, and whether an address lies in one of them.
import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './target-key.ts';

const DOT = '.'.charCodeAt(0);
const ZERO = '0'.charCodeAt(0);

/** The networks of one prefix length. */
interface Length<T> {
  /** The prefix of an address as a number. */
  readonly prefixOf: (bits: T) => T;
  readonly cidrs: ReadonlyMap<T, string>;
}

/**
 * A search looks at each prefix length once, however many networks have it. IPv4 addresses are in no IPv6 network, so
 * that `::/0` does not contain them.
 */
export class Networks {
  readonly #ipv4: readonly Length<number>[];
  readonly #ipv6: readonly Length<bigint>[];

  /** `cidrs`: IPv4 and IPv6 networks such as "10.0.0.0/8". A bare address is a network of itself. */
  constructor(cidrs: readonly string[]) {
    const networks = cidrs.map(networkOf);
    const [ipv4, ipv6] = [networks.filter(({ isV4 }) => isV4), networks.filter(({ isV4 }) => !isV4)];
    this.#ipv4 = lengthsOf(ipv4, bitsOfIpv4, (open) => {
      const size = 2 ** open;
      return (bits) => Math.floor(bits / size);
    });
    this.#ipv6 = lengthsOf(ipv6, bitsOfIpv6, (open) => (bits) => bits >> BigInt(open));
  }

  /** The smallest network that contains the address. Returns `undefined` if none does. */
  find(address: string): string | undefined {
    const canonical = canonicalAddress(address);
    if (isIPv4(canonical)) return this.#ipv4.length === 0 ? undefined : find(this.#ipv4, bitsOfIpv4(canonical));
    return this.#ipv6.length === 0 || !isIPv6(canonical) ? undefined : find(this.#ipv6, bitsOfIpv6(canonical));
  }
}

function find<T>(lengths: readonly Length<T>[], bits: T): string | undefined {
  for (const { prefixOf, cidrs } of lengths) {
    const cidr = cidrs.get(prefixOf(bits));
    if (cidr !== undefined) return cidr;
  }
  return undefined;
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

interface Network {
  readonly cidr: string;
  readonly isV4: boolean;
  readonly canonical: string;
  /** How many bits of an address the network leaves open. */
  readonly open: number;
}

function networkOf(cidr: string): Network {
  const [address = '', length] = cidr.split('/');
  const canonical = canonicalAddress(address);
  const isV4 = isIPv4(canonical);
  // The first 96 bits of an IPv4 address that is mapped into IPv6 are the mapping itself.
  const mapping = isV4 && !isIPv4(address) ? 96 : 0;
  const longest = isV4 ? 32 : 128;
  const bits = length === undefined ? longest : Math.max(0, Number(length) - mapping);
  return { cidr, isV4, canonical, open: longest - bits };
}

/** The networks of one family by their prefix lengths, the longest first. */
function lengthsOf<T>(
  networks: readonly Network[],
  bitsOf: (canonical: string) => T,
  prefixBy: (open: number) => (bits: T) => T,
): Length<T>[] {
  const opens = [...new Set(networks.map(({ open }) => open))].sort((a, b) => a - b);
  return opens.map((open) => {
    const prefixOf = prefixBy(open);
    const cidrs = new Map<T, string>();
    for (const { cidr, canonical } of networks.filter((network) => network.open === open)) {
      const prefix = prefixOf(bitsOf(canonical));
      // Messages name the first of several texts for one network.
      if (!cidrs.has(prefix)) cidrs.set(prefix, cidr);
    }
    return { prefixOf, cidrs };
  });
}

function bitsOfIpv4(canonical: string): number {
  let bits = 0;
  let byte = 0;
  for (let index = 0; index < canonical.length; index++) {
    const code = canonical.charCodeAt(index);
    if (code === DOT) {
      bits = bits * 256 + byte;
      byte = 0;
    } else {
      byte = byte * 10 + (code - ZERO);
    }
  }
  return bits * 256 + byte;
}

function bitsOfIpv6(canonical: string): bigint {
  const [address = ''] = canonical.split('%');
  const [before = '', after = ''] = address.split('::');
  const [left, right] = [groupsOf(before), groupsOf(after)];
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return BigInt(`0x${groups.map((group) => group.padStart(4, '0')).join('')}`);
}

/** The groups of a part of an IPv6 address. The last group may be an IPv4 address, which has the bits of two. */
function groupsOf(part: string): string[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group];
    const bits = bitsOfIpv4(group);
    return [(bits >>> 16).toString(16), (bits & 0xffff).toString(16)];
  });
}
