// A disk without any space: what traffic notices of it, and when writes work again.
import { setTimeout as delay } from 'node:timers/promises';
import { SmallDisk } from '../../harness/machine/small-disk.ts';
import { type MeasureBound, milliseconds } from './bound.ts';
import { Onlookers, undisturbed } from './onlookers.ts';
import { startWorld } from './world.ts';

const FULL_MS = 10_000;
const WRITE_EVERY_MS = 20;
/** Writes and `/readyz` find the space by themselves; nothing tells the runtime of it. */
const AGAIN_MS = 5_000;

export const measureFullDisk: MeasureBound = async ({ cleanUp, signal }) => {
  const disk = await SmallDisk.mount(cleanUp, '1m');
  const { runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, {}, 2, { disk });
  const onlookers = await Onlookers.ofOtherListener(cleanUp, runtime);
  const write = async (description: string) =>
    (await runtime.call('PUT', '/v1/load-balancers/other', { tags: { description } })).status;
  const isReady = async () => (await runtime.call('GET', '/readyz')).status === 200;
  disk.fill();
  const filledAtMs = performance.now();
  let [writes, accepted, ready] = [0, 0, 0];
  while (performance.now() - filledAtMs < FULL_MS) {
    signal.throwIfAborted();
    if ((await write(`${writes++}`)) !== 503) accepted += 1;
    if (await isReady()) ready += 1;
    await delay(WRITE_EVERY_MS);
  }
  disk.free();
  const freedAtMs = performance.now();
  while ((await write('again')) !== 200 || !(await isReady())) {
    if (performance.now() - freedAtMs > AGAIN_MS) break;
    await delay(WRITE_EVERY_MS);
  }
  const againMs = performance.now() - freedAtMs;
  return [
    {
      what: `a full disk: of ${writes} writes those that are not refused with 503, and how often /readyz is 200 meanwhile`,
      bound: '0, 0',
      measured: `${accepted}, ${ready}`,
      isMet: accepted === 0 && ready === 0,
    },
    undisturbed('a full disk', await onlookers.lap()),
    {
      what: 'time from free space to a stored write and a ready runtime',
      bound: milliseconds(AGAIN_MS),
      measured: milliseconds(againMs),
      isMet: againMs <= AGAIN_MS,
    },
  ];
};
