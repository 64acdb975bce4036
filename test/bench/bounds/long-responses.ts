// Delay of short requests to the API, and growth of the process, while readers take a status of 50,000 targets.
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { type MeasureBound, mebibytes, milliseconds } from './bound.ts';
import { startWorld } from './world.ts';

/** Number of listeners of the load balancer, and of attachments to it, each of TARGETS. */
const MANY = 10;
const TARGETS = 500;
const READERS = 8;
const BOUND_MS = 50;
const BOUND_BYTES = 64 * 2 ** 20;
/** The first status is read before the measurement, so that compiled code and the heap are warm. */
const WARM_UP = 1;

export const measureLongResponses: MeasureBound = async ({ cleanUp }) => {
  const { runtime } = await startWorld(cleanUp, { protocol: 'TCP' }, {});
  await runtime.done('PUT', '/v1/load-balancers/many', { address: '127.0.0.1' });
  for (let id = 0; id < MANY; id++) {
    const listener = { loadBalancerId: 'many', protocol: 'TCP', port: await freePort() };
    await runtime.done('PUT', `/v1/listeners/l${id}`, { ...listener, healthCheck: { protocol: 'none' } });
    const targets = Array.from({ length: TARGETS }, (_, i) => [`${i}`, { address: `10.0.${id}.1`, port: i + 1 }]);
    const attachment = { loadBalancerId: 'many', targets: Object.fromEntries(targets) };
    await runtime.done('PUT', `/v1/attachments/a${id}`, attachment);
  }
  const agent = new Agent({ keepAlive: true });
  cleanUp.after(() => agent.destroy());
  const read = async (path: string) => {
    const headers = { authorization: `Bearer ${runtime.token}` };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${runtime.url}${path}`, { agent, headers }, resolve).on('error', reject);
    });
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    return bytes;
  };
  for (let i = 0; i < WARM_UP; i++) await read('/v1/status');
  const before = residentBytes(runtime.pid);
  let peak = before;
  let isReading = true;
  const all = Promise.all(Array.from({ length: READERS }, () => read('/v1/status'))).finally(() => {
    isReading = false;
  });
  const delaysMs: number[] = [];
  while (isReading) {
    const sentAtMs = performance.now();
    await read('/healthz');
    delaysMs.push(performance.now() - sentAtMs);
    peak = Math.max(peak, residentBytes(runtime.pid));
    await delay(5);
  }
  const sizes = await all;
  delaysMs.sort((a, b) => a - b);
  const late = delaysMs[Math.floor(delaysMs.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  const isWhole = new Set(sizes).size === 1;
  const what = `${READERS} readers of a status of ${MANY * MANY * TARGETS} targets (${mebibytes(Math.max(...sizes))} each)`;
  return [
    {
      what: `${what}: delay of a short request meanwhile, 99th percentile`,
      bound: milliseconds(BOUND_MS),
      measured: milliseconds(late),
      isMet: isWhole && late <= BOUND_MS,
    },
    {
      what: `${what}: growth of the process`,
      bound: mebibytes(BOUND_BYTES),
      measured: mebibytes(peak - before),
      isMet: isWhole && peak - before <= BOUND_BYTES,
    },
  ];
};
