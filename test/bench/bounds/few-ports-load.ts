// The program that runs in the network namespace with few ports: target, runtime and clients. Prints what it measured.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { CleanUp } from '../clean-up.ts';
import { startBackend } from '../peers.ts';
import { type Lap, Onlookers } from './onlookers.ts';
import { startWorld } from './world.ts';

export const SECONDS = 60;
export const PER_SECOND = 2_000;
const CLIENTS = 64;
const TICK_MS = 5;
const BODY = 'a body of few bytes';
/** State of a connection in /proc/net/tcp. */
const TIME_WAIT = '06';

export interface FewPorts {
  readonly sent: number;
  readonly failures: readonly string[];
  readonly longestMs: number;
  /** The most connections to the target that waited for the end of TIME_WAIT on our side. */
  readonly waiting: number;
  readonly tookMs: number;
  /** What the client of another listener noticed. */
  readonly lap: Lap;
}

async function measure(nginx: string, cleanUp: CleanUp): Promise<FewPorts> {
  const programs = { nginx, haproxy: '', envoy: '', wrk: '' };
  const backend = await startBackend({ programs, directory: temporaryDirectory(cleanUp), cleanUp });
  const target = { address: '127.0.0.1', port: backend.port };
  const { url, runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, { target }, 2);
  const onlookers = await Onlookers.ofOtherListener(cleanUp, runtime);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  cleanUp.after(() => agent.destroy());
  const failures: string[] = [];
  const pending = new Set<Promise<void>>();
  let [sent, longestMs, waiting] = [0, 0, 0];
  const post = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'content-length': BODY.length };
      const exchange = request(`${url}small`, { method: 'POST', agent, headers }, (response) => {
        response.resume().on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`status ${response.statusCode}`));
        });
      });
      exchange.on('error', reject).end(BODY);
    });
  const startedAtMs = performance.now();
  let lookedAtMs = startedAtMs;
  const passedMs = () => performance.now() - startedAtMs;
  while (sent < SECONDS * PER_SECOND) {
    const due = Math.min(SECONDS * PER_SECOND, Math.floor((passedMs() * PER_SECOND) / 1000));
    for (; sent < due; sent++) {
      const sentAtMs = performance.now();
      const exchange = post()
        .catch((error: Error) => {
          failures.push(error.message);
        })
        .finally(() => {
          longestMs = Math.max(longestMs, performance.now() - sentAtMs);
          pending.delete(exchange);
        });
      pending.add(exchange);
    }
    if (performance.now() - lookedAtMs >= 1_000) {
      lookedAtMs = performance.now();
      waiting = Math.max(waiting, waitingTo(backend.port));
    }
    await delay(TICK_MS);
  }
  await Promise.all(pending);
  const tookMs = passedMs();
  waiting = Math.max(waiting, waitingTo(backend.port));
  return { sent, failures, longestMs, waiting, tookMs, lap: await onlookers.lap() };
}

/** Returns the number of connections in TIME_WAIT whose remote port is `port`. */
function waitingTo(port: number): number {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const connections = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return connections.filter((line) => {
    const [, , to, state] = line.trim().split(/\s+/);
    return state === TIME_WAIT && to?.endsWith(remote);
  }).length;
}

if (import.meta.main) {
  const cleanUp = new CleanUp();
  process.once('SIGTERM', () => void cleanUp.run().finally(() => process.exit(1)));
  try {
    console.log(JSON.stringify(await measure(process.argv[2] ?? 'nginx', cleanUp)));
  } finally {
    await cleanUp.run();
  }
}
