// Clients that read a few kilobytes a second without a pause: they are not cut, and others do not notice them.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { freePort } from '../../harness/backends/backends.ts';
import { makePair } from '../../harness/machine/certificates.ts';
import { until } from '../../harness/runtime/runtime.ts';
import type { BoundContext, MeasureBound } from './bound.ts';
import { Onlookers, undisturbed } from './onlookers.ts';
import { startTarget } from './target-process.ts';
import { startWorld } from './world.ts';

/** Rates in bytes a second. */
const RATES = [4096, 8192, 16_384];
const PROTOCOLS = ['HTTP', 'HTTPS', 'TCP'] as const;
const READ_EVERY_MS = 250;
/** Shorter than the measurement, so that a listener that does not see the progress would cut its clients. */
const IDLE_SECONDS = 30;
/** Far more than the buffers between target and client hold, so that the end of it comes only if nothing was cut. */
const BYTES = 64 * 2 ** 20;

/** A target that sends BYTES as a body, faster than anybody reads it. */
const TARGET = `
const piece = Buffer.alloc(65536, 'x');
require('node:net').createServer((socket) => {
  let left = ${BYTES};
  const send = () => {
    for (let isTaken = true; isTaken && left > 0; left -= piece.length) isTaken = socket.write(piece);
    if (left === 0) socket.end();
  };
  socket.on('error', () => {}).on('drain', send).once('data', () => {
    socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: ${BYTES}\\r\\n\\r\\n');
    send();
  });
}).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('open'))`;

export const measureSlowReaders: MeasureBound = async ({ cleanUp, signal, readerSeconds }) => {
  const large = { address: '127.0.0.1', port: await startTarget(cleanUp, TARGET) };
  const { runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, {}, 2);
  const readers: SlowReader[] = [];
  for (const protocol of PROTOCOLS) {
    const port = await freePort();
    const listener = { loadBalancerId: 'lb', protocol, port, idleTimeoutSeconds: IDLE_SECONDS };
    const certificates = protocol === 'HTTPS' ? { certificates: { web: makePair(['localhost']) } } : {};
    const healthCheck = { protocol: 'none' };
    await runtime.done('PUT', `/v1/listeners/${protocol}`, { ...listener, ...certificates, healthCheck });
    await runtime.done('PUT', `/v1/attachments/${protocol}`, { listenerId: protocol, targets: { large } });
    for (const rate of RATES) readers.push(await SlowReader.start(cleanUp, protocol, port, rate));
  }
  const onlookers = await Onlookers.ofOtherListener(cleanUp, runtime);
  await delay(readerSeconds * 1000, undefined, { signal });
  const lap = await onlookers.lap();
  for (const reader of readers) reader.hurry();
  const cut = await cutReaders(readers);
  const rates = RATES.map((rate) => rate / 1024).join(', ');
  const what = `${readers.length} clients (${PROTOCOLS.join(', ')}) that read ${rates} KiB a second for ${readerSeconds} s, idle time ${IDLE_SECONDS} s`;
  return [
    { what: `${what}: clients that are cut`, bound: '0', measured: cut.join(', ') || '0', isMet: cut.length === 0 },
    undisturbed(what, lap),
  ];
};

/** Returns the readers that do not get all bytes. */
async function cutReaders(readers: readonly SlowReader[]): Promise<string[]> {
  await until('the end of each response', () => readers.every(({ hasEnded }) => hasEnded) || undefined);
  return readers.filter(({ bytes }) => bytes < BYTES).map(({ what, bytes }) => `${what} after ${bytes} bytes`);
}

class SlowReader {
  readonly what: string;
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;
  #hasEnded = false;

  private constructor(what: string, socket: Socket, rate: number) {
    this.what = what;
    this.#socket = socket;
    const part = (rate * READ_EVERY_MS) / 1000;
    this.#timer = setInterval(() => {
      const chunk: Buffer | null = socket.read(part) ?? socket.read();
      this.#bytes += chunk?.length ?? 0;
    }, READ_EVERY_MS);
    socket.once('close', () => {
      clearInterval(this.#timer);
      this.#hasEnded = true;
    });
  }

  static async start(cleanUp: BoundContext['cleanUp'], protocol: string, port: number, rate: number) {
    const at = { host: '127.0.0.1', port };
    const socket = protocol === 'HTTPS' ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
    socket.on('error', () => {});
    await once(socket, protocol === 'HTTPS' ? 'secureConnect' : 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const reader = new SlowReader(`${protocol} at ${rate / 1024} KiB a second`, socket, rate);
    cleanUp.after(() => socket.destroy());
    return reader;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True once the connection is closed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** From now on reads as fast as it can. */
  hurry(): void {
    clearInterval(this.#timer);
    this.#socket.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
    });
  }
}
