// The addresses at which this machine is reached: those of its interfaces and, on Linux, all that its kernel delivers
// locally. Node lists neither interfaces without a carrier nor local routes, such as a whole network on the loopback.
import { closeSync, openSync, readSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { isLoopback } from '../../../model/base/networks.ts';

/** The kernel's tables of IPv4 and IPv6 routes in this network namespace. */
const IPV4_ROUTES = '/proc/net/fib_trie';
const IPV6_ROUTES = '/proc/net/ipv6_route';

/** How much of a table is read. A router may have a million routes, and the tables have no part for the local ones. */
const MAX_TABLE_BYTES = 4 * 1024 * 1024;

/** The addresses and networks that this machine takes for its own, without those of the loopback, which all machines have. */
export function machineAddresses(): string[] {
  const listed = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  const routed = [...localIpv4(startOf(IPV4_ROUTES)), ...localIpv6(startOf(IPV6_ROUTES))];
  const all = new Set([...listed.map((address) => address.split('%')[0] ?? ''), ...routed]);
  return [...all].filter((network) => !isLoopback(network.split('/')[0] ?? ''));
}

/**
 * The local networks in the text of `fib_trie`, where lines such as "/16 host LOCAL" follow the line with their address.
 * Broadcast addresses count, because a socket of this machine gets its own broadcasts. A local route to everything does
 * not: it stands in a table for transparent proxies, which only marked packets use.
 */
export function localIpv4(text: string): string[] {
  const networks: string[] = [];
  let address = '';
  for (const line of text.split('\n')) {
    address = /\|-- (\S+)/.exec(line)?.[1] ?? address;
    const bits = /^ *\/(\d+) \S+ (?:LOCAL|BROADCAST)\b/.exec(line)?.[1];
    if (address !== '' && bits !== undefined && bits !== '0')
      networks.push(bits === '32' ? address : `${address}/${bits}`);
  }
  return networks;
}

/** Flags of a route in `ipv6_route`: RTF_LOCAL, and RTF_ANYCAST, which routers have for each of their networks. */
const LOCAL_FLAGS = 0x8010_0000;

/** The local networks in the text of `ipv6_route`: address, length of the prefix, six other values, and flags. */
export function localIpv6(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const [address = '', bits = '', , , , , , , flags = ''] = line.split(/ +/);
    if (!/^[0-9a-f]{32}$/.test(address) || (Number.parseInt(flags, 16) & LOCAL_FLAGS) === 0) return [];
    const length = Number.parseInt(bits, 16);
    return length === 0 ? [] : [`${(address.match(/.{4}/g) ?? []).join(':')}/${length}`];
  });
}

/** The start of a file of /proc, which does not tell its size. Returns "" on systems that do not have the file. */
function startOf(file: string): string {
  const parts: Buffer[] = [];
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let total = 0; total < MAX_TABLE_BYTES; ) {
        const part = Buffer.allocUnsafe(64 * 1024);
        const count = readSync(descriptor, part);
        if (count === 0) break;
        parts.push(part.subarray(0, count));
        total += count;
      }
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
  return Buffer.concat(parts).toString('latin1');
}
