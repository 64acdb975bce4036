// The check in Linux's /proc for another process on an endpoint that the kernel reports as in use.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { canonicalAddress } from '../../../model/base/target-key.ts';
import { type Endpoint, overlaps } from '../shared/endpoint.ts';

/** Code of listening TCP sockets in Linux's /proc/net/tcp. UDP sockets count in every state. */
const LISTENING = '0A';

/**
 * Returns true if another process has a socket on the endpoint, or if that cannot be found out. It reads every open
 * file descriptor of this process, therefore call it rarely.
 */
export function hasForeignSocket(endpoint: Endpoint): boolean {
  try {
    const { transport } = endpoint;
    const lines = [transport, `${transport}6`].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n'));
    const foreign = new Set(
      lines
        .map((line) => socketOf(transport, line))
        .filter((socket) => socket && overlaps(socket, endpoint))
        .map((socket) => `socket:[${socket?.inode}]`),
    );
    for (const descriptor of readdirSync('/proc/self/fd')) foreign.delete(linkOf(descriptor));
    return foreign.size > 0;
  } catch {
    return true;
  }
}

/** Parses a line such as `0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 INODE ...` */
function socketOf(transport: Endpoint['transport'], line: string): (Endpoint & { inode: string }) | undefined {
  const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
  const [address = '', port = ''] = local.split(':');
  if (inode === undefined || port === '' || (transport === 'tcp' && state !== LISTENING)) return undefined;
  return { transport, address: addressOf(address), port: Number.parseInt(port, 16), inode };
}

/** Parses an address that is written as 32-bit words in the machine's byte order. */
function addressOf(hex: string): string {
  const words = Uint32Array.from(hex.match(/.{8}/g) ?? [], (word) => Number.parseInt(word, 16));
  const bytes = [...new Uint8Array(words.buffer)];
  if (bytes.length === 4) return bytes.join('.');
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return canonicalAddress((digits.match(/.{4}/g) ?? []).join(':'));
}

/** Returns what the /proc link of a file descriptor names, or '' if the descriptor was closed since it was listed. */
function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}
