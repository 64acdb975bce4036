// The effect of 10,000 idle connections and 500 slow clients on other clients and on memory.

import { gatherCrowd, residentBytes } from '../../harness/clients/crowd.ts';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { cpuMicros } from '../cpu-time.ts';
import { startBackend } from '../peers.ts';
import { runWrk } from '../wrk.ts';
import { type MeasureBound, mebibytes } from './bound.ts';
import { startWorld } from './world.ts';

const IDLE = 10_000;
const SLOW = 500;
const LOAD_SECONDS = 5;

export const measureCrowd: MeasureBound = async ({ programs, cleanUp, signal }) => {
  const backend = await startBackend({ programs, directory: temporaryDirectory(cleanUp), cleanUp });
  const target = { address: '127.0.0.1', port: backend.port };
  const listener = { protocol: 'HTTP', idleTimeoutSeconds: 300 };
  const { url, port, runtime } = await startWorld(cleanUp, listener, { target });
  const load = async () => {
    const usedBefore = cpuMicros(runtime.pid);
    const settings = { wrk: programs.wrk, url: `${url}small`, seconds: LOAD_SECONDS, isClosing: false, signal };
    const { requests, requestsPerSecond } = await runWrk(settings);
    return { requests, requestsPerSecond, cpu: (cpuMicros(runtime.pid) - usedBefore) / requests };
  };

  const alone = await load();
  const before = residentBytes(runtime.pid);
  const idlers = await gatherCrowd(cleanUp, { port, idle: IDLE, slow: 0, largePath: '/large' });
  const perConnection = (residentBytes(runtime.pid) - before) / IDLE;
  await gatherCrowd(cleanUp, { port, idle: 0, slow: SLOW, largePath: '/large' });
  // The load generator rejects if a single request fails.
  const crowded = await load();
  const whole = residentBytes(runtime.pid);
  return [
    {
      what: `${IDLE} idle connections, ${SLOW} slow clients and full load: failed requests of ${crowded.requests}, idle connections lost`,
      bound: '0, 0',
      measured: `0, ${IDLE - idlers.open()}`,
      isMet: idlers.open() === IDLE,
    },
    {
      what: 'speed and processor time of a request in this crowd, compared with the same load without it',
      bound: '',
      measured: `${(crowded.requestsPerSecond / alone.requestsPerSecond).toFixed(2)}, ${(crowded.cpu / alone.cpu).toFixed(2)}`,
      isMet: true,
    },
    {
      what: 'memory in this crowd: of an idle connection, and of the process under full load',
      bound: '',
      measured: `${(perConnection / 1024).toFixed(1)} KiB, ${mebibytes(whole)}`,
      isMet: true,
    },
  ];
};
