// Speed of an unbind: open flows are reset or stay open for drainSeconds, and waiting clients get another target.
import { setTimeout as delay } from 'node:timers/promises';
import { askTcp, tcpBackend } from '../../harness/backends/backends.ts';
import { openFlow } from '../../harness/clients/flow.ts';
import { fullPort } from '../../harness/machine/full-port.ts';
import { type BoundContext, type MeasureBound, milliseconds } from './bound.ts';
import { startWorld } from './world.ts';

const FLOWS = 50;
const RESET_MS = 100;
const DRAIN_SECONDS = 3;
/** Tolerance for the drain timer and for the time that the flows take to end. */
const DRAIN_TOLERANCE_MS = 200;
const CLIENTS = 20;
const OTHER_TARGET_MS = 200;

export const measureUnbind: MeasureBound = async (context) => [
  await measureReset(context),
  await measureDrain(context),
  await measureHangingConnects(context),
];

async function measureReset({ cleanUp }: BoundContext) {
  const { endsMs, others } = await unbindUnderFlows(cleanUp, {});
  const worst = Math.max(...endsMs);
  return {
    what: `${FLOWS} TCP flows over two targets, one unbound: ${endsMs.length} flows are reset, ${others} stay open`,
    bound: `${RESET_MS} ms after the response`,
    measured: milliseconds(worst),
    isMet: worst <= RESET_MS && endsMs.length + others === FLOWS && others === FLOWS / 2,
  };
}

async function measureDrain({ cleanUp }: BoundContext) {
  const { endsMs, others } = await unbindUnderFlows(cleanUp, { drainSeconds: DRAIN_SECONDS });
  const [first, last] = [Math.min(...endsMs), Math.max(...endsMs)];
  const dueMs = DRAIN_SECONDS * 1000;
  return {
    what: `${FLOWS} TCP flows with drainSeconds ${DRAIN_SECONDS}, one target unbound: time until its flows end`,
    bound: `${dueMs} ms`,
    measured: `${milliseconds(first)} to ${milliseconds(last)}`,
    isMet: first >= dueMs - DRAIN_TOLERANCE_MS && last <= dueMs + DRAIN_TOLERANCE_MS && others === FLOWS / 2,
  };
}

/**
 * Returns the time from the response of the unbind to the end of each flow of the unbound target, and the number of
 * flows of the other target that are still open.
 */
async function unbindUnderFlows(cleanUp: BoundContext['cleanUp'], listener: object) {
  const [a, b] = [await tcpBackend(cleanUp, 'a'), await tcpBackend(cleanUp, 'b')];
  const world = await startWorld(cleanUp, { protocol: 'TCP', ...listener }, { a: a.target, b: b.target });
  const flows = await Promise.all(Array.from({ length: FLOWS }, () => openFlow(world.port)));
  cleanUp.after(() => {
    for (const { socket } of flows) socket.destroy();
  });
  const ends = flows.filter(({ name }) => name === 'b').map(({ closed }) => closed.then(() => performance.now()));
  await world.patch({ b: null });
  const respondedAt = performance.now();
  const endsMs = (await Promise.all(ends)).map((at) => Math.max(0, at - respondedAt));
  const others = flows.filter(({ name, socket }) => name === 'a' && !socket.destroyed).length;
  return { endsMs, others };
}

async function measureHangingConnects({ cleanUp }: BoundContext) {
  const hanging = { address: '127.0.0.1', port: await fullPort(cleanUp) };
  const a = await tcpBackend(cleanUp, 'a');
  const world = await startWorld(cleanUp, { protocol: 'TCP' }, { hanging, a: { ...a.target, weight: 0 } });
  const responses = Array.from({ length: CLIENTS }, async () => {
    const name = await askTcp('127.0.0.1', world.port);
    return { name, at: performance.now() };
  });
  // By now every client is accepted and waits for its target.
  await delay(300);
  await world.patch({ hanging: null, a: { weight: 100 } });
  const respondedAt = performance.now();
  const all = await Promise.all(responses);
  const worst = Math.max(...all.map(({ at }) => at - respondedAt));
  const served = all.filter(({ name }) => name === 'a').length;
  return {
    what: `unbind while ${CLIENTS} connects to the target hang: ${served} clients get another target`,
    bound: `${OTHER_TARGET_MS} ms after the response`,
    measured: milliseconds(Math.max(0, worst)),
    isMet: served === CLIENTS && worst <= OTHER_TARGET_MS,
  };
}
