// The soak: minutes of load with all kinds of changes, after which nothing may have failed, grown or been lost.
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { makePair } from '../../harness/machine/certificates.ts';
import type { CleanUp } from '../clean-up.ts';
import { Changes } from './changes.ts';
import { Counted } from './counted.ts';
import { CREW_KINDS, type Crew, type Ports } from './crew.ts';
import { startPart } from './program.ts';
import { LOG_MS, Served } from './served.ts';
import { growthOf, type MemorySample, type SoakResult } from './soak-result.ts';
import type { Targets } from './targets.ts';

interface SoakOptions {
  readonly cleanUp: CleanUp;
  readonly signal: AbortSignal;
  readonly minutes: number;
  readonly hasTakeOvers: boolean;
  readonly say: (text: string) => void;
}

const MINUTE_MS = 60_000;
/** Load before the first quiet moment of a process, so that everything is open that it needs once. */
const WARM_UP_MS = 10_000;
/** Pause between two changes. */
const CHANGE_EVERY_MS = 700;
const WORKER_EVERY_MS = 45_000;
const QUIET_EVERY_MS = 60_000;
const MEMORY_EVERY_MS = 5_000;
const MAX_TAKE_OVERS = 12;
/** Take-overs happen in the first half, so that the memory of the last process can be watched for the other half. */
const TAKE_OVER_SHARE = 0.5;
/** Idle connections of health checks and to targets are closed within this time. */
const DESCRIPTORS_MS = 3_000;

export async function soak({ cleanUp, signal, minutes, hasTakeOvers, say }: SoakOptions): Promise<SoakResult> {
  const targets = startPart<Targets>(cleanUp, new URL('targets-process.ts', import.meta.url), {});
  const served = await Served.start(cleanUp);
  const ports = await listen(served);
  const changes = new Changes(served, await targets.ports());
  await changes.bindAll();
  const crew = startPart<Crew>(cleanUp, new URL('crew-process.ts', import.meta.url), ports);
  const counted = new Counted(served, crew);
  const durationMs = minutes * MINUTE_MS;
  const startedAtMs = performance.now();
  const passedMs = () => performance.now() - startedAtMs;
  const takeOvers = hasTakeOvers ? Math.min(MAX_TAKE_OVERS, Math.max(1, minutes)) : 0;
  const due = { change: 0, worker: WORKER_EVERY_MS, quiet: QUIET_EVERY_MS, memory: 0, takeOver: takeOverMs(0) };
  const memory: MemorySample[] = [];
  const descriptors = { begin: 0, end: 0 };

  function takeOverMs(number: number): number {
    return number >= takeOvers ? Number.POSITIVE_INFINITY : ((number + 1) * durationMs * TAKE_OVER_SHARE) / takeOvers;
  }
  /** A quiet moment without clients and targets, in which the descriptors of the process are counted. */
  const countDescriptors = async () => {
    await crew.rest('all', true);
    await changes.unbindAll();
    const endsAtMs = performance.now() + DESCRIPTORS_MS;
    let least = Number.POSITIVE_INFINITY;
    for (; performance.now() < endsAtMs; await delay(100)) least = Math.min(least, served.descriptors());
    await changes.bindAll();
    return least;
  };
  /** The beginning of a process: a quiet moment after some load. */
  const begin = async () => {
    await crew.go();
    await delay(WARM_UP_MS, undefined, { signal });
    descriptors.begin = await countDescriptors();
    await served.countLog();
    await counted.open();
    await crew.go();
  };

  await begin();
  while (passedMs() < durationMs) {
    signal.throwIfAborted();
    const nowMs = passedMs();
    if (nowMs >= due.memory) {
      due.memory = nowMs + MEMORY_EVERY_MS;
      const mebibytes = residentBytes(served.current.pid) / 2 ** 20;
      memory.push({ minute: nowMs / MINUTE_MS, process: served.processes, mebibytes });
    }
    if (nowMs >= due.takeOver) {
      due.takeOver = takeOverMs(served.processes);
      await crew.rest('clients', false);
      await counted.close();
      await crew.go();
      say(`  take-over ${served.processes} of ${takeOvers}`);
      const { ended } = await changes.duringTakeOver(crew);
      await ended;
      await begin();
    } else if (nowMs >= due.worker) {
      due.worker = nowMs + WORKER_EVERY_MS;
      // The probes rest too: a request that is under way in an ended worker fails, which is no fault.
      await crew.rest('all', true);
      await delay(LOG_MS);
      await changes.endWorker();
      await crew.go();
    } else if (nowMs >= due.quiet) {
      due.quiet = nowMs + QUIET_EVERY_MS;
      await crew.rest('clients', true);
      await served.countLog();
      await crew.go();
      const { failed, requests } = await crew.counts();
      say(`  minute ${(nowMs / MINUTE_MS).toFixed(0)}: ${sum(Object.values(requests))} requests, ${failed} failed`);
    } else if (nowMs >= due.change) {
      due.change = nowMs + CHANGE_EVERY_MS;
      await changes.make(crew, targets);
    }
    await delay(20);
  }
  await changes.settled();
  descriptors.end = await countDescriptors();
  await counted.close();
  await served.countLog();
  const counts = await crew.counts();
  await crew.end();
  const { failed, failures, resets, requests, lostDatagrams } = counts;
  const own = memory.filter(({ process }) => process === served.processes);
  return {
    minutes,
    requests,
    failed,
    failures,
    resets,
    lostDatagrams,
    mayLoseDatagrams: (served.processes - 1) * CREW_KINDS.UDP.count,
    changes: changes.counts,
    counters: counted.rows,
    logged: counted.logged(counts),
    processes: served.processes,
    memory,
    growth: growthOf(own.slice(own.length >> 1)),
    descriptors,
  };
}

/** Makes the listeners of the clients; returns their ports. */
async function listen(served: Served): Promise<Ports> {
  await served.write('PUT', '/v1/load-balancers/soak', { address: '127.0.0.1' });
  const check = { protocol: 'TCP', intervalSeconds: 1, unhealthyThreshold: 2, healthyThreshold: 1 };
  const none = { protocol: 'none' };
  const kinds = {
    http: { protocol: 'HTTP', healthCheck: check },
    https: { protocol: 'HTTPS', healthCheck: check, certificates: { soak: makePair(['localhost']) } },
    tcp: { protocol: 'TCP', healthCheck: check },
    udp: { protocol: 'UDP', healthCheck: none },
    probe: { protocol: 'HTTP', healthCheck: none },
  };
  const ports: Record<string, number> = {};
  for (const [id, listener] of Object.entries(kinds)) {
    const port = await freePort();
    await served.write('PUT', `/v1/listeners/${id}`, { loadBalancerId: 'soak', port, ...listener });
    ports[id] = port;
  }
  return ports as Ports;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
