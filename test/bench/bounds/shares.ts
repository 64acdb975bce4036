// Deviation of the targets' shares from their weights.
import { httpBackend } from '../../harness/backends/backends.ts';
import { exchange, shares, startLoad } from '../../harness/clients/load.ts';
import type { BoundContext, MeasureBound } from './bound.ts';
import { startWorld } from './world.ts';

const WEIGHTS: Readonly<Record<string, number>> = { a: 50, b: 30, c: 20 };
const REQUESTS = 10_000;
const CLIENTS = 20;
const CONNECTIONS = 100;

export const measureShares: MeasureBound = async (context) => [
  await measureMany(context, 1),
  await measureMany(context, 4),
  await measureFew(context, 'fresh connections, 4 workers', false),
  await measureFew(context, "requests with another target's weight patched between every two", true),
];

async function measureMany({ cleanUp }: BoundContext, workers: number) {
  const { url } = await startWorld(cleanUp, { protocol: 'HTTP' }, await targets(cleanUp), workers);
  const load = startLoad({ url, clients: CLIENTS, maxRequests: REQUESTS / CLIENTS });
  await load.done;
  const counts = shares(load.exchanges);
  const worst = Math.max(
    ...Object.entries(WEIGHTS).map(([name, weight]) => {
      const due = (REQUESTS * weight) / 100;
      return Math.abs((counts[name] ?? 0) - due) / due;
    }),
  );
  return {
    what: `shares of ${REQUESTS} requests, ${workers} ${workers === 1 ? 'worker' : 'workers'}: deviation from the weights`,
    bound: '1 %',
    measured: `${(worst * 100).toFixed(2)} %`,
    isMet: worst <= 0.01 && counts.none === undefined,
  };
}

async function measureFew({ cleanUp }: BoundContext, what: string, isPatched: boolean) {
  const world = await startWorld(cleanUp, { protocol: 'HTTP' }, await targets(cleanUp), isPatched ? 1 : 4);
  const exchanges = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    exchanges.push(await exchange(world.url));
    if (isPatched) await world.patch({ c: { weight: i % 2 === 0 ? 21 : 20 } });
  }
  const counts = shares(exchanges);
  const worst = Math.max(...Object.entries(WEIGHTS).map(([name, due]) => Math.abs((counts[name] ?? 0) - due)));
  return {
    what: `shares of ${CONNECTIONS} ${what}: deviation`,
    bound: '3 requests',
    measured: `${worst}`,
    isMet: worst <= 3 && counts.none === undefined,
  };
}

async function targets(cleanUp: BoundContext['cleanUp']): Promise<Record<string, object>> {
  const entries = Object.entries(WEIGHTS).map(async ([name, weight]) => {
    const { target } = await httpBackend(cleanUp, name);
    return [name, { ...target, weight }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
