// A target of four processes, each of which serves one connection at a time: nobody waits for an idle connection.
import { exchange, startLoad } from '../../harness/clients/load.ts';
import { type BoundContext, type BoundResult, type MeasureBound, milliseconds } from './bound.ts';
import { Onlookers, undisturbed } from './onlookers.ts';
import { startProgram } from './target-process.ts';
import { startWorld } from './world.ts';

const TARGET = new URL('prefork.py', import.meta.url).pathname;
const CLIENTS = 100;
const REQUESTS = 10_000;
const VISITS = 200;
const LONGEST_MS = 1_000;
/** Three connections leave one process to health checks. */
const LISTENERS = [{ maxConnectionsPerTarget: 3 }, { maxIdleTargetConnections: 0 }];

export const measurePrefork: MeasureBound = async (context) => {
  const results: BoundResult[] = [];
  for (const listener of LISTENERS) results.push(...(await measure(context, listener)));
  return results;
};

async function measure({ cleanUp }: BoundContext, properties: object): Promise<BoundResult[]> {
  const target = { address: '127.0.0.1', port: await startProgram(cleanUp, 'python3', [TARGET]) };
  const healthCheck = { protocol: 'HTTP', intervalSeconds: 1 };
  const { url, runtime } = await startWorld(cleanUp, { protocol: 'HTTP', healthCheck, ...properties }, { target }, 2);
  const onlookers = await Onlookers.ofOtherListener(cleanUp, runtime);
  const halves = ['GET', 'POST'].map((method) =>
    startLoad({ url, method, clients: CLIENTS / 2, maxRequests: REQUESTS / CLIENTS }),
  );
  await Promise.all(halves.map(({ done }) => done));
  const exchanges = halves.flatMap((load) => load.exchanges);
  // Clients that come one by one, to either worker, find the connections of the crowd idle.
  for (let visit = 0; visit < VISITS; visit++) exchanges.push(await exchange(url));
  const failures = exchanges.filter(({ error }) => error !== undefined);
  const longestMs = Math.max(...exchanges.map(({ endedAtMs, startedAtMs }) => endedAtMs - startedAtMs));
  const [[property, value] = []] = Object.entries(properties);
  const what = `a target of 4 processes that serve one connection each, ${property} ${value}`;
  return [
    {
      what: `${what}: failed requests of ${exchanges.length} by ${CLIENTS} clients, half of them POST; the longest`,
      bound: `0; ${milliseconds(LONGEST_MS)}`,
      measured: `${failures.length}; ${milliseconds(longestMs)}`,
      isMet: failures.length === 0 && longestMs < LONGEST_MS,
    },
    undisturbed(what, await onlookers.lap()),
  ];
}
