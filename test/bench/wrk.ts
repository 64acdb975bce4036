// The load generator wrk, and the parser of its output.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const CONNECTIONS = 32;
const POST_SCRIPT = fileURLToPath(new URL('post.lua', import.meta.url));

interface WrkOptions {
  readonly wrk: string;
  readonly url: string;
  readonly seconds: number;
  /** Whether each request uses a new connection. */
  readonly isClosing: boolean;
  /** Whether requests are POSTs with a small body. */
  readonly isPost?: boolean;
  /** Number of connections; CONNECTIONS unless set. */
  readonly connections?: number;
  readonly signal: AbortSignal;
}

export interface WrkResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
}

/** Runs wrk. Rejects if a request fails, because the speed of error responses means nothing. */
export async function runWrk(options: WrkOptions): Promise<WrkResult> {
  const { wrk, url, seconds, isClosing, isPost, connections = CONNECTIONS, signal } = options;
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency'];
  if (isClosing) args.push('-H', 'Connection: close');
  if (isPost) args.push('-s', POST_SCRIPT);
  const { stdout } = await promisify(execFile)(wrk, [...args, url], { signal, timeout: seconds * 1000 + 30_000 });
  return parseWrk(stdout);
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

export function parseWrk(output: string): WrkResult {
  const problem = /^\s*(?:Socket errors:|Non-2xx or 3xx responses:).*$/m.exec(output)?.[0].trim();
  if (problem !== undefined) throw new Error(`requests failed: ${problem}`);
  const p99 = /^\s*99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(output);
  const requests = Number(/^\s*(\d+) requests in /m.exec(output)?.[1]);
  const requestsPerSecond = Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(output)?.[1]);
  const p99Ms = Number(p99?.[1]) * (UNIT_MS[p99?.[2] ?? ''] ?? Number.NaN);
  if (!(requests > 0) || Number.isNaN(requestsPerSecond + p99Ms))
    throw new Error(`the output of wrk has another form than expected: ${output}`);
  return { requests, requestsPerSecond, p99Ms };
}
