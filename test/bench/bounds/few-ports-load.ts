// The program that runs in the network namespace with few ports: target, runtime and clients. Prints what it measured.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { CleanUp } from '../clean-up.ts';
import { startBackend } from '../peers.ts';
import { type Lap, Onlookers } from './onlookers.ts';
import { SteadyClient, type Visits } from './steady-client.ts';
import { startWorld } from './world.ts';

export const SECONDS = 60;
export const PER_SECOND = 2_000;
const CONNECTIONS = 64;
const TICK_MS = 5;
const BODY = 'a body of few bytes';
/** State of a connection in /proc/net/tcp. */
const TIME_WAIT = '06';

export interface FewPorts {
  readonly posts: Visits;
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
  const client = new SteadyClient(`${url}small`, { method: 'POST', body: BODY, maxConnections: CONNECTIONS });
  cleanUp.after(() => client.destroy());
  let [sent, waiting] = [0, 0];
  const startedAtMs = performance.now();
  let lookedAtMs = startedAtMs;
  const passedMs = () => performance.now() - startedAtMs;
  while (sent < SECONDS * PER_SECOND) {
    const due = Math.min(SECONDS * PER_SECOND, Math.floor((passedMs() * PER_SECOND) / 1000));
    for (; sent < due; sent++) client.visit();
    if (performance.now() - lookedAtMs >= 1_000) {
      lookedAtMs = performance.now();
      waiting = Math.max(waiting, waitingTo(backend.port));
    }
    await delay(TICK_MS);
  }
  const posts = await client.lap();
  const tookMs = passedMs();
  waiting = Math.max(waiting, waitingTo(backend.port));
  return { posts, waiting, tookMs, lap: await onlookers.lap() };
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
