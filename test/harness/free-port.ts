// A port for a listener of a test.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';

/** Below the ports that Linux gives to clients and to who asks for port 0, and above those that fetch() refuses. */
const FIRST = 12_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/** Free for TCP and for UDP a moment ago; only another test that asks may have got the same since, by chance. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, LAST);
    if ((await isFreeForTcp(port, address)) && (await isFreeForUdp(port, address))) return port;
  }
  throw new Error(`No port of ${address} is free: tried ${ATTEMPTS}.`);
}

async function isFreeForTcp(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({ port, host, exclusive: true }), 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    return false;
  }
}

async function isFreeForUdp(port: number, address: string): Promise<boolean> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    await once(socket.bind({ port, address, exclusive: true }), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
