// A UDP load, in which each client sends its next datagram when the last one has come back, and the server that echoes
// them.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { CleanUp } from './clean-up.ts';
import type { ServingProcess } from './peers.ts';
import { SMALL_BODY } from './scenarios.ts';
import { percentile } from './statistics.ts';
import { CONNECTIONS, type WrkResult } from './wrk.ts';

const LAST_RESPONSES_MS = 1_000;
const RESPONSE_MS = 100;

export async function startEcho(cleanUp: CleanUp): Promise<ServingProcess> {
  const echo = await open(0);
  cleanUp.after(() => echo.close());
  echo.on('message', (message, { port, address }) => echo.send(message, port, address));
  return { port: echo.address().port, pid: undefined };
}

/** Sends one datagram. Returns `true` if its echo came back in time, and `undefined` otherwise. */
export async function askUdp(port: number): Promise<true | undefined> {
  const socket = await open(port);
  const response = new Promise<true | undefined>((resolve) => {
    socket.on('message', () => resolve(true));
    socket.on('error', () => resolve(undefined));
  });
  socket.send(SMALL_BODY);
  try {
    return await Promise.race([response, delay(RESPONSE_MS, undefined)]);
  } finally {
    socket.close();
  }
}

/** Runs the UDP load. Rejects if a datagram is lost or comes back changed. */
export async function runUdpLoad(port: number, seconds: number, signal: AbortSignal): Promise<WrkResult> {
  const latenciesMs: number[] = [];
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)));
  try {
    const startedAt = performance.now();
    const endsAt = startedAt + seconds * 1000;
    const ended = Promise.all(clients.map((client) => pingPong(client, endsAt, latenciesMs)));
    const late = delay(seconds * 1000 + LAST_RESPONSES_MS, 'late', { signal });
    if ((await Promise.race([ended, late])) === 'late') throw new Error('a datagram was lost');
    const requests = latenciesMs.length;
    const elapsedSeconds = (performance.now() - startedAt) / 1000;
    return { requests, requestsPerSecond: requests / elapsedSeconds, p99Ms: percentile(latenciesMs, 99) };
  } finally {
    for (const client of clients) client.close();
  }
}

function pingPong(client: Socket, endsAt: number, latenciesMs: number[]): Promise<void> {
  let sentAt = performance.now();
  client.send(SMALL_BODY);
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('message', (message) => {
      const now = performance.now();
      latenciesMs.push(now - sentAt);
      sentAt = now;
      if (message.toString() !== SMALL_BODY) reject(new Error(`a datagram came back changed: ${message}`));
      else if (now < endsAt) client.send(SMALL_BODY);
      else resolve();
    });
  });
}

/** Opens a UDP socket. It is bound to a free port if `remotePort` is 0, and otherwise connected to `remotePort`. */
async function open(remotePort: number): Promise<Socket> {
  const socket = createSocket('udp4');
  if (remotePort === 0) socket.bind(0, '127.0.0.1');
  else socket.connect(remotePort, '127.0.0.1');
  await once(socket, remotePort === 0 ? 'listening' : 'connect');
  return socket;
}
