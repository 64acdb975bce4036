// The program of the load at a fixed rate: sends requests when they are due, and measures each delay from that moment,
// so that a request that has to wait for a free connection counts as late (no coordinated omission).
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { OpenLoopOptions } from './open-loop.ts';
import { percentile } from './statistics.ts';

const CONNECTIONS = 64;
/** Length of a nap between two looks at the clock. The timers of Node have a resolution of 1 ms, which is too coarse. */
const NAP_MS = 0.05;
const LAST_RESPONSES_MS = 5_000;
const RECEIVE_BYTES = 64 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/** A kept connection with at most one request under way. */
class Client {
  /** Time at which the request under way was due; `undefined` if there is none. */
  dueMs: number | undefined;
  readonly socket: Socket;
  #missing = -1;

  constructor(port: number, onResponse: (client: Client) => void, onFailure: (error: Error) => void) {
    const buffer = Buffer.allocUnsafe(RECEIVE_BYTES);
    const callback = (length: number) => {
      try {
        if (this.#receive(buffer.subarray(0, length))) onResponse(this);
      } catch (error) {
        onFailure(error as Error);
      }
      return true;
    };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer, callback } });
    this.socket.on('error', onFailure);
    this.socket.on('end', () => onFailure(new Error('the connection was closed')));
  }

  /** Takes a part of a response; returns true at its end. A head arrives in one piece, because it is small. */
  #receive(data: Buffer): boolean {
    if (this.#missing === -1) {
      const end = data.indexOf(HEAD_END);
      const head = data.toString('latin1', 0, end);
      if (end === -1 || !head.startsWith('HTTP/1.1 200')) throw new Error(`unexpected response: ${head.slice(0, 100)}`);
      this.#missing = Number(/^content-length: (\d+)/im.exec(head)?.[1]) - (data.length - end - HEAD_END.length);
    } else {
      this.#missing -= data.length;
    }
    if (this.#missing !== 0) return false;
    this.#missing = -1;
    return true;
  }
}

async function run({ port, path, perSecond, seconds }: OpenLoopOptions) {
  const text = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  const total = Math.round(perSecond * seconds);
  const delaysMs: number[] = [];
  const free: Client[] = [];
  let [started, due] = [0, 0];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const dueAtMs = (request: number) => startedAtMs + (request * 1000) / perSecond;
  const send = () => {
    while (started < due) {
      const client = free.pop();
      if (client === undefined) return;
      client.dueMs = dueAtMs(started++);
      client.socket.write(text, 'latin1');
    }
  };
  const onResponse = (client: Client) => {
    delaysMs.push(performance.now() - (client.dueMs ?? Number.NaN));
    free.push(client);
    if (delaysMs.length === total) resolve();
    else send();
  };
  const clients = Array.from({ length: CONNECTIONS }, () => new Client(port, onResponse, reject));
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
  free.push(...clients);
  const startedAtMs = performance.now();
  const nap = new Int32Array(new SharedArrayBuffer(4));
  const look = () => {
    const nowMs = performance.now();
    due = Math.min(total, Math.floor(((nowMs - startedAtMs) * perSecond) / 1000));
    send();
    if (delaysMs.length === total) return;
    if (nowMs - startedAtMs > seconds * 1000 + LAST_RESPONSES_MS)
      return reject(new Error(`${total - delaysMs.length} of ${total} responses are missing`));
    Atomics.wait(nap, 0, 0, NAP_MS);
    setImmediate(look);
  };
  look();
  await promise;
  const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
  for (const { socket } of clients) socket.destroy();
  return { requests: total, requestsPerSecond: total / elapsedSeconds, p99Ms: percentile(delaysMs, 99) };
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? ''))));
