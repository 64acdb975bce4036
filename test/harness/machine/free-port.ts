// Free ports for the listeners of tests, reserved across all test processes of this machine.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The range of ports: below Linux's ephemeral ports, and above the ports that `fetch` rejects. */
const FIRST = 12_000;
const LAST = 32_000;
const ATTEMPTS = 100;

/** Folder with one file for each reserved port; the file contains the id of the process that reserved the port. */
const RESERVATIONS = join(tmpdir(), 'weir-test-ports');
const reserved: string[] = [];

/** Returns a port that is free for TCP and UDP and that no other running test process has reserved. */
export async function freePort(address = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, LAST);
    if (reserve(port) && (await isFreeForTcp(port, address)) && (await isFreeForUdp(port, address))) return port;
  }
  throw new Error(
    `No port of ${address} is free after ${ATTEMPTS} attempts. End other processes that listen on ports ${FIRST} to ${LAST}.`,
  );
}

function reserve(port: number): boolean {
  const file = join(RESERVATIONS, String(port));
  mkdirSync(RESERVATIONS, { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // A killed process leaves its reservations. The file is removed, and a later attempt may take the port.
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

/**
 * Tells whether a running process has reserved the port. An empty file belongs to a process that is about to write its
 * id.
 */
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
