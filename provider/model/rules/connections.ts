// Where a runtime may connect to: never to its own listening sockets, and only to addresses that its operator allows.
import { isIPv4 } from 'node:net';
import { isLoopback, isOfMany, Networks } from '../base/networks.ts';
import { canonicalAddress } from '../base/target-key.ts';

export type Transport = 'tcp' | 'udp';

/** The transport of a listener with this protocol. */
export function transportOf(protocol: string): Transport {
  return protocol === 'UDP' ? 'udp' : 'tcp';
}

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
  // Alibaba Cloud, Microsoft Azure, and Oracle Cloud.
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  // Over IPv6: Amazon EC2, Google Cloud, Oracle Cloud, and Scaleway.
  'fd00:ec2::254/128',
  'fd20:ce::254/128',
  'fd00:c1::a9fe:a9fe/128',
  'fd00:42::42/128',
];

const LOCAL_NAT64 = new Networks(['64:ff9b:1::/48']);

/** Networks of IPv6 addresses that contain IPv4 addresses, with the positions of the bytes of each of those. */
const EMBEDDED_IPV4: readonly { readonly network: Networks; readonly at: readonly (readonly number[])[] }[] = [
  // RFC 4291 2.5.5.1 (IPv4-compatible), RFC 6052 2.1 (NAT64) and RFC 2765 2.1 (IPv4-translated).
  { network: new Networks(['::/96', '64:ff9b::/96', '::ffff:0:0:0/96']), at: [[12, 13, 14, 15]] },
  // RFC 8215 (local NAT64), which may use any length of prefix of RFC 6052 2.2 from 48.
  {
    network: LOCAL_NAT64,
    at: [
      [12, 13, 14, 15],
      [9, 10, 11, 12],
      [7, 9, 10, 11],
      [6, 7, 9, 10],
    ],
  },
  // RFC 3056 (6to4).
  { network: new Networks(['2002::/16']), at: [[2, 3, 4, 5]] },
  // RFC 4380 (Teredo): the address of the server. That of the client is `TEREDO_CLIENT`.
  { network: new Networks(['2001::/32']), at: [[4, 5, 6, 7]] },
];

/** Teredo inverts the address of the client (RFC 4380 4), so that translators on the way do not see it. */
const TEREDO_CLIENT = [12, 13, 14, 15];
const TEREDO = new Networks(['2001::/32']);

/** The interface identifiers of ISATAP (RFC 5214 6.1), which any prefix may have: the last 4 bytes are IPv4. */
const ISATAP = /^0[02]005efe$/;

/**
 * The denied network that an address is in. Returns `undefined` if the address may be a target. An IPv4 address inside an
 * IPv6 address must be allowed by itself.
 */
export function denyingNetwork({ denied, allowed }: TargetNetworks, address: string): string | undefined {
  for (const form of formsOf(address)) {
    const network = denied.find(form);
    if (network !== undefined && allowed.find(form) === undefined) return network;
  }
  return undefined;
}

/** Whether a connection reaches a socket that listens on this machine. `machine`: the machine's own addresses. */
export function isReached(listening: TransportAddress, connection: TransportAddress, machine: Networks): boolean {
  if (listening.transport !== connection.transport || listening.port !== connection.port) return false;
  const [at, to] = [canonicalAddress(listening.address), destinationOf(connection.address)];
  if (at === to) return true;
  // A socket on `::` accepts IPv4 too.
  if (at !== '::' && !(at === '0.0.0.0' && isIPv4(to))) return false;
  // The machine may be a member of a group, and gets its own datagrams back.
  if (isOfMany(to)) return listening.transport === 'udp';
  return isLoopback(to) || machine.find(to) !== undefined;
}

/** IPv6 networks of which every address reaches the machine that has the embedded IPv4 address, at this position. */
const ONE_IPV4: readonly { readonly network: Networks; readonly at: number }[] = [
  { network: new Networks(['::/96', '64:ff9b::/96', '::ffff:0:0:0/96']), at: 12 },
  { network: new Networks(['2002::/16']), at: 2 },
];

/**
 * The machine that connections to an address reach, as far as the address tells, as a text that is compared. An IPv6
 * machine usually has a whole /64 for itself. `machine`: the addresses of the machine on which the runtime is.
 */
export function machineAt(address: string, machine: Networks): string {
  const forms = formsOf(address);
  const [canonical = address] = forms;
  if (forms.some((form) => isLoopback(form) || machine.find(form) !== undefined)) return 'the own one';
  if (isOfMany(canonical)) return 'many';
  if (isIPv4(canonical)) return canonical;
  const bytes = bytesOf(canonical);
  const embedded = ONE_IPV4.find(({ network }) => network.find(canonical) !== undefined);
  if (embedded !== undefined) return bytes.subarray(embedded.at, embedded.at + 4).join('.');
  if (TEREDO.find(canonical) !== undefined) return TEREDO_CLIENT.map((index) => (bytes[index] ?? 0) ^ 0xff).join('.');
  // Where in this network the IPv4 address is, only its translator knows.
  if (LOCAL_NAT64.find(canonical) !== undefined) return 'local NAT64';
  return bytes.subarray(0, 8).toString('hex');
}

/** Connections to an unspecified address reach this machine by its loopback address. */
function destinationOf(address: string): string {
  const canonical = canonicalAddress(address);
  if (canonical === '0.0.0.0') return '127.0.0.1';
  return canonical === '::' ? '::1' : canonical;
}

/** An address in its canonical form, and the IPv4 addresses that are embedded in it. */
function formsOf(address: string): string[] {
  const canonical = destinationOf(address);
  if (isIPv4(canonical) || canonical === '::1') return [canonical];
  const bytes = bytesOf(canonical);
  const dotted = (at: readonly number[], mask = 0) => at.map((index) => (bytes[index] ?? 0) ^ mask).join('.');
  const positions = EMBEDDED_IPV4.filter(({ network }) => network.find(canonical) !== undefined).flatMap(
    ({ at }) => at,
  );
  const forms = [canonical, ...positions.map((at) => dotted(at))];
  if (TEREDO.find(canonical) !== undefined) forms.push(dotted(TEREDO_CLIENT, 0xff));
  if (ISATAP.test(bytes.subarray(8, 12).toString('hex'))) forms.push(dotted([12, 13, 14, 15]));
  return forms;
}

/** The 16 bytes of an IPv6 address in canonical form. */
function bytesOf(address: string): Buffer {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hexadecimal =
    dotted === null
      ? address
      : address.slice(0, dotted.index) +
        [1, 3].map((i) => (Number(dotted[i]) * 256 + Number(dotted[i + 1])).toString(16)).join(':');
  const [head = '', tail = ''] = hexadecimal.split('::');
  const parse = (text: string) => (text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0')));
  const [first, last] = [parse(head), parse(tail)];
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0000');
  return Buffer.from([...first, ...zeros, ...last].join(''), 'hex');
}
