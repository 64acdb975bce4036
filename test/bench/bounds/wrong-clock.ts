// A date that jumps: clients of servers that do not expire notice nothing, and the others are served again.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { exchange } from '../../harness/clients/load.ts';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { type MeasureBound, milliseconds } from './bound.ts';
import { Onlookers, undisturbed } from './onlookers.ts';
import { startTarget, WEB } from './target-process.ts';
import { startWorld } from './world.ts';

const CLOCK = new URL('../../harness/runtime/shifted-clock.ts', import.meta.url);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Jumps of the date, each for WRONG_MS. The server expires in an hour. */
const JUMPS_MS = [-2_000, 2_000, 2 * HOUR_MS, -DAY_MS, 30 * DAY_MS, -365 * DAY_MS, 365 * DAY_MS];
const WRONG_MS = 2_000;
const AGAIN_MS = 2_000;

export const measureWrongClock: MeasureBound = async ({ cleanUp, signal }) => {
  const file = join(temporaryDirectory(cleanUp), 'clock');
  const jump = (ms: number) => writeFileSync(file, String(ms));
  jump(0);
  const options = { imports: [CLOCK], env: { WEIR_TEST_CLOCK: file } };
  const web = await startTarget(cleanUp, WEB);
  const healthCheck = { protocol: 'HTTP', intervalSeconds: 1 };
  const target = { address: '127.0.0.1', port: web };
  const world = await startWorld(cleanUp, { protocol: 'HTTP', healthCheck }, { target }, 2, options);
  const { runtime } = world;
  const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();
  const server = { region: 'r', vpcId: 'v', addresses: ['127.0.0.1'], expiresAt };
  await runtime.done('PUT', '/v1/backend-servers/rented', server);
  const port = await freePort();
  await runtime.done('PUT', '/v1/listeners/rented', { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck });
  const targets = { app: { serverId: 'rented', port: await startTarget(cleanUp, WEB) } };
  const attachment = { listenerId: 'rented', targets, awaitHealthySeconds: 20 };
  await runtime.done('PUT', '/v1/attachments/rented', attachment);
  const isServed = async () => (await exchange(`http://127.0.0.1:${port}/`)).error === undefined;

  const onlookers = await Onlookers.start(cleanUp, { proxied: world.url, direct: `http://127.0.0.1:${web}/` });
  const againMs: number[] = [];
  let expired = 0;
  for (const jumpMs of JUMPS_MS) {
    jump(jumpMs);
    await delay(WRONG_MS, undefined, { signal });
    if (!(await isServed())) expired += 1;
    jump(0);
    const rightAtMs = performance.now();
    while (!(await isServed()) && performance.now() - rightAtMs <= AGAIN_MS) await delay(10);
    againMs.push(performance.now() - rightAtMs);
    await delay(WRONG_MS, undefined, { signal });
  }
  const due = JUMPS_MS.filter((jumpMs) => jumpMs > HOUR_MS).length;
  const worst = Math.max(...againMs);
  const what = `${JUMPS_MS.length} jumps of the clock`;
  return [
    undisturbed(what, await onlookers.lap()),
    {
      what: `${what}, ${expired} of them beyond the expiry of a server: time from the right date to its next response`,
      bound: milliseconds(AGAIN_MS),
      measured: milliseconds(worst),
      isMet: expired === due && worst <= AGAIN_MS,
    },
  ];
};
