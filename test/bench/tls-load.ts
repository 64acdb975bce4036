// A load of TLS connections with one request each, by full handshakes or resumed sessions; wrk supports neither.
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { percentile } from './statistics.ts';
import { CONNECTIONS, type WrkResult } from './wrk.ts';

interface TlsLoadOptions {
  readonly port: number;
  readonly path: string;
  readonly seconds: number;
  /** Whether each connection resumes a TLS session that was made before the load. */
  readonly isResumed: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the load. Rejects if a request fails, or if a handshake is full although it should resume a session, or the
 * reverse.
 */
export async function runTlsLoad({ port, path, seconds, isResumed, signal }: TlsLoadOptions): Promise<WrkResult> {
  const text = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
  const session = isResumed ? await firstSession(port, text) : undefined;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const client = async () => {
    for (let now = performance.now(); now < endsAt && !signal.aborted; ) {
      const socket = connect({ host: '127.0.0.1', port, session, rejectUnauthorized: false });
      let wasResumed: boolean | undefined;
      socket.once('secureConnect', () => {
        wasResumed = socket.isSessionReused();
      });
      await exchange(socket, text);
      if (wasResumed !== isResumed) throw new Error(`the session was ${isResumed ? 'not ' : ''}resumed`);
      const after = performance.now();
      latenciesMs.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  signal.throwIfAborted();
  const requests = latenciesMs.length;
  const elapsedSeconds = (performance.now() - startedAt) / 1000;
  return { requests, requestsPerSecond: requests / elapsedSeconds, p99Ms: percentile(latenciesMs, 99) };
}

/**
 * Makes a TLS session that later connections resume. TLS 1.3 sends session tickets after the handshake, so the ticket
 * arrives with the response.
 */
async function firstSession(port: number, text: string): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  const session = once(socket, 'session');
  await exchange(socket, text);
  const [ticket] = (await session) as [Buffer];
  return ticket;
}

/** Sends an HTTP request over TLS; resolves when the server has closed the connection. */
async function exchange(socket: TLSSocket, text: string): Promise<void> {
  let response = '';
  socket.setEncoding('latin1').on('data', (piece) => {
    response += piece;
  });
  socket.setNoDelay(true).write(text);
  await once(socket, 'close');
  if (!/^HTTP\/1\.1 200 /.test(response)) throw new Error(`unexpected response: ${response.slice(0, 100)}`);
}
