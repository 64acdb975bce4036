// Whether another process has a socket on an endpoint, where the kernel only says that somebody has: Linux tells by /proc.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { canonicalAddress } from '../../../model/base/target-key.ts';
import { type Endpoint, overlaps } from '../shared/endpoint.ts';

/** Of a TCP socket that listens; datagram sockets count in every state. */
const LISTENING = '0A';

/** True also where it cannot be told. It looks at every file that the process has open: for rare cases. */
export function isHeldByAnother(endpoint: Endpoint): boolean {
  try {
    const { transport } = endpoint;
    const lines = [transport, `${transport}6`].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'));
    const holders = new Set(
      lines
        .map((line) => socketOf(transport, line))
        .filter((held) => held && overlaps(held, endpoint))
        .map((held) => `socket:[${held?.inode}]`),
    );
    for (const descriptor of readdirSync('/proc/self/fd')) holders.delete(linkOf(descriptor));
    return holders.size > 0;
  } catch {
    return true;
  }
}

/** `   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 INODE ...` */
function socketOf(transport: Endpoint['transport'], line: string): (Endpoint & { inode: string }) | undefined {
  const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
  const [address = '', port = ''] = local.split(':');
  if (inode === undefined || port === '' || (transport === 'tcp' && state !== LISTENING)) return undefined;
  return { transport, address: addressOf(address), port: Number.parseInt(port, 16), inode };
}

/** Words of 32 bits as they are in memory. */
function addressOf(hex: string): string {
  const words = Uint32Array.from(hex.match(/.{8}/g) ?? [], (word) => Number.parseInt(word, 16));
  const bytes = [...new Uint8Array(words.buffer)];
  if (bytes.length === 4) return bytes.join('.');
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return canonicalAddress((digits.match(/.{4}/g) ?? []).join(':'));
}

/** A descriptor of the listing may be closed by now. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
