// Requests and connections through a listener, with counts of which backend responded.
import net from 'node:net';

const REQUESTS = 100;
const CONNECTIONS = 20;
const RESPONSE_MS = 5_000;

export interface Tally {
  readonly sent: number;
  /** Number of responses from each backend. The key is the backend's port, which each response contains. */
  readonly byPort: ReadonlyMap<number, number>;
  /** Number of failed requests or connections, by the reason of the failure. */
  readonly failures: ReadonlyMap<string, number>;
}

/** What is sent through a listener: requests if it is an HTTP listener, else connections. */
export function sendsOf(endpoint: string): string {
  return isHttp(endpoint) ? `${REQUESTS} requests` : `${CONNECTIONS} connections`;
}

/** Sends the requests or connections one after the other, and counts the responses. */
export async function countResponses(endpoint: string): Promise<Tally> {
  const send = isHttp(endpoint) ? request : connection;
  const sent = isHttp(endpoint) ? REQUESTS : CONNECTIONS;
  const byPort = new Map<number, number>();
  const failures = new Map<string, number>();
  for (let n = 0; n < sent; n++) {
    try {
      const response = await send(endpoint);
      const port = Number(/\(port (\d+)\)/.exec(response)?.[1]);
      if (Number.isNaN(port)) throw new Error('another server than the sample backends responded');
      count(byPort, port);
    } catch (error) {
      count(failures, reasonOf(error as Error));
    }
  }
  return { sent, byPort, failures };
}

function isHttp(endpoint: string): boolean {
  return endpoint.startsWith('http:');
}

async function request(endpoint: string): Promise<string> {
  const response = await fetch(endpoint, { signal: AbortSignal.timeout(RESPONSE_MS) });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status} ${response.statusText}`);
  return text;
}

/** Sends one line over a connection. Resolves to the line that comes back. */
function connection(endpoint: string): Promise<string> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port), timeout: RESPONSE_MS });
    let text = '';
    socket.setEncoding('utf8').write('hello\n');
    socket.on('data', (part) => {
      text += part;
      if (text.includes('\n')) socket.end();
    });
    socket.on('timeout', () => socket.destroy(new Error(`no response within ${RESPONSE_MS / 1000} s`)));
    socket.on('error', reject);
    socket.on('close', () => (text === '' ? reject(new Error('closed without a response')) : resolve(text)));
  });
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The reason of a failure: the error's cause, because `fetch failed` alone says nothing. */
function reasonOf(error: Error): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
