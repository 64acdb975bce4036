// A crowd of clients that occupy connections: idle clients, clients that send a head byte by byte, clients that never
// read.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Number of clients that connect at once; small enough that no accept queue overflows. */
const BATCH = 200;
/** Interval between two bytes of a slow head. No slow client ever completes its head. */
const BYTE_INTERVAL_MS = 100;

interface CrowdOptions {
  readonly port: number;
  readonly idle: number;
  /** Number of slow clients. Half of them send a head byte by byte; the others request `largePath` and do not read. */
  readonly slow: number;
  readonly largePath: string;
}

interface Crowd {
  /** Number of idle connections that are still open. */
  open(): number;
}

/**
 * Connects all clients of the crowd; each idle client gets one response first. The connections are closed at the end of
 * the test.
 */
export async function gatherCrowd(t: Pick<TestContext, 'after'>, options: CrowdOptions): Promise<Crowd> {
  const { port, idle, slow, largePath } = options;
  const sockets: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  t.after(() => {
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  });
  const join = async (text: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port });
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  };
  const greet = async (): Promise<void> => {
    const socket = await join('GET / HTTP/1.1\r\nHost: crowd\r\n\r\n');
    await once(socket, 'data');
  };
  for (let left = idle; left > 0; left -= BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, left) }, greet));
  }
  const idlers = [...sockets];
  const senders = await Promise.all(Array.from({ length: slow >> 1 }, () => join('GET / HTTP/1.1\r\nX-Slow: ')));
  timer = setInterval(() => {
    for (const socket of senders) if (!socket.destroyed) socket.write('x');
  }, BYTE_INTERVAL_MS);
  const ask = async () => (await join(`GET ${largePath} HTTP/1.1\r\nHost: crowd\r\n\r\n`)).pause();
  await Promise.all(Array.from({ length: slow - senders.length }, ask));
  return { open: () => idlers.filter((socket) => !socket.destroyed && socket.readable).length };
}

/** Resident memory of a process in bytes, read from /proc (Linux only). */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return Number(kilobytes) * 1024;
}
