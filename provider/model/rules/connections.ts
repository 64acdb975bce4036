// Where a runtime may connect to: never to its own listening sockets, and only to addresses that its operator allows.
import { isIPv4 } from 'node:net';
import { isLoopback, Networks } from '../base/networks.ts';
import { canonicalAddress } from '../base/target-key.ts';

export type Transport = 'tcp' | 'udp';

/** An address and port at which a socket listens, or to which a runtime connects. */
export interface TransportAddress {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
}

/** Networks that targets may not be in. An address in `allowed` may be a target although `denied` contains it. */
export interface TargetNetworks {
  readonly denied: Networks;
  readonly allowed: Networks;
}

/**
 * Networks that are denied unless the operator allows them: link-local addresses, at which clouds serve the metadata
 * and credentials of a machine, and the metadata addresses that are not link-local.
 */
export const DENIED_BY_DEFAULT: readonly string[] = [
  '169.254.0.0/16',
  'fe80::/10',
  // Alibaba Cloud, Amazon EC2 over IPv6, and Google Cloud over IPv6.
  '100.100.100.200/32',
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
];

/** Networks of IPv6 addresses that contain an IPv4 address, with the position of its first group. */
const EMBEDDED_IPV4: readonly { readonly network: Networks; readonly group: number }[] = [
  // RFC 4291 2.5.5.1 (IPv4-compatible) and RFC 6052 2.1 (NAT64).
  { network: new Networks(['::/96', '64:ff9b::/96']), group: 6 },
  // RFC 3056 (6to4).
  { network: new Networks(['2002::/16']), group: 1 },
];

/** The denied network that an address is in. Returns `undefined` if the address may be a target. */
export function denyingNetwork({ denied, allowed }: TargetNetworks, address: string): string | undefined {
  const forms = formsOf(address);
  const network = forms.map((form) => denied.find(form)).find((found) => found !== undefined);
  return network !== undefined && forms.some((form) => allowed.find(form) !== undefined) ? undefined : network;
}

/** Whether a connection reaches a socket that listens on this machine. `machine`: the machine's own addresses. */
export function isReached(
  listening: TransportAddress,
  connection: TransportAddress,
  machine: readonly string[],
): boolean {
  if (listening.transport !== connection.transport || listening.port !== connection.port) return false;
  const [at, to] = [canonicalAddress(listening.address), destinationOf(connection.address)];
  if (at === to) return true;
  // A socket on `::` accepts IPv4 too.
  if (at !== '::' && !(at === '0.0.0.0' && isIPv4(to))) return false;
  return isLoopback(to) || machine.some((own) => canonicalAddress(own.split('%')[0] ?? '') === to);
}

/** Connections to an unspecified address reach this machine by its loopback address. */
function destinationOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === '0.0.0.0') return '127.0.0.1';
  return canonical === '::' ? '::1' : canonical;
}

/** An address in its canonical form, and the IPv4 address that is embedded in it, if any. */
function formsOf(address: string): string[] {
  const canonical = destinationOf(address);
  if (isIPv4(canonical) || canonical === '::1') return [canonical];
  const embedded = EMBEDDED_IPV4.find(({ network }) => network.find(canonical) !== undefined);
  if (embedded === undefined) return [canonical];
  const [high = 0, low = 0] = groupsOf(canonical).slice(embedded.group, embedded.group + 2);
  return [canonical, [high >> 8, high & 255, low >> 8, low & 255].join('.')];
}

/** The eight groups of an IPv6 address in canonical form, which has no dotted part for these networks. */
function groupsOf(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hexadecimal =
    dotted === null
      ? address
      : address.slice(0, dotted.index) +
        [1, 3].map((i) => (Number(dotted[i]) * 256 + Number(dotted[i + 1])).toString(16)).join(':');
  const [head = '', tail] = hexadecimal.split('::');
  const parse = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [parse(head), parse(tail ?? '')];
  return [...first, ...Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0), ...last];
}
