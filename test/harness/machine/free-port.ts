// A port for a listener of a test.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Below the ports that Linux gives to clients and to who asks for port 0, and above those that fetch() refuses. */
const FIRST = 12_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/** Per port that a process of tests has been given, a file with the id of the process. */
const RESERVATIONS = join(tmpdir(), 'weir-test-ports');
const reserved: string[] = [];

/** Free for TCP and for UDP a moment ago, and given to no other process of tests that runs. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, LAST);
    if (reserve(port) && (await isFreeForTcp(port, address)) && (await isFreeForUdp(port, address))) return port;
  }
  throw new Error(`No port of ${address} is free: tried ${ATTEMPTS}.`);
}

function reserve(port: number): boolean {
  const file = join(RESERVATIONS, String(port));
  mkdirSync(RESERVATIONS, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // One that was killed has left its claims; the port is for whoever comes upon it next.
    if (!isReserved(file)) rmSync(file, { force: true });
    return false;
  }
  if (reserved.length === 0) {
    process.on('exit', () => {
      for (const each of reserved) rmSync(each, { force: true });
    });
  }
  reserved.push(file);
  return true;
}

/** By a process that runs, or by one that is just writing its id. */
function isReserved(file: string): boolean {
  try {
    const pid = readFileSync(file, 'utf8');
    return pid === '' || process.kill(Number(pid), 0);
  } catch {
    return false;
  }
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
