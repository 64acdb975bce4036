// Resident memory of a runtime with one worker while 500 clients send as much as it serves, and that of HAProxy beside.
// The command is that of the package that users install.
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { installedCommand } from '../../harness/stack/packed.ts';
import { mebibytes } from '../bounds/bound.ts';
import { startWorld } from '../bounds/world.ts';
import { CleanUp } from '../clean-up.ts';
import { startBackend, startPeer } from '../peers.ts';
import { runWrk } from '../wrk.ts';
import { type Measure, type MeasureContext, roundsOf } from './measure.ts';

/** The setting of the HAProxy beside. */
const SETTING = { protocol: 'HTTP', threads: 1, isPost: false, isServerClosing: false } as const;
const MAX_ROUNDS = 3;
const CLIENTS = 500;
const SECONDS = 6;
const LOOK_EVERY_MS = 100;

export const measureFullLoad: Measure = async (context) => {
  const { programs, cleanUp } = context;
  const options = { programs, directory: temporaryDirectory(cleanUp), cleanUp };
  const backend = await startBackend(options);
  const target = { address: '127.0.0.1', port: backend.port };
  const command = { main: installedCommand(cleanUp) };
  const values: number[] = [];
  for (const _ of roundsOf(context, MAX_ROUNDS)) {
    const own = new CleanUp();
    cleanUp.after(() => own.run());
    const { port, runtime } = await startWorld(own, { protocol: 'HTTP' }, { target }, 1, command);
    values.push((await peakUnderLoad(context, port, runtime.pid)) / 2 ** 20);
    await own.run();
  }
  const haproxy = await startPeer(options, 'haproxy', SETTING, backend);
  const peak = await peakUnderLoad(context, haproxy.port, haproxy.pid ?? 0);
  return { 'resident-load': { values, note: `HAProxy ${mebibytes(peak)}` } };
};

async function peakUnderLoad({ programs, signal }: MeasureContext, port: number, pid: number): Promise<number> {
  let [peak, isOver] = [0, false];
  const url = `http://127.0.0.1:${port}/small`;
  const load = runWrk({ wrk: programs.wrk, url, seconds: SECONDS, isClosing: false, connections: CLIENTS, signal });
  const ended = load.finally(() => {
    isOver = true;
  });
  ended.catch(() => {});
  while (!isOver) {
    peak = Math.max(peak, residentBytes(pid));
    await delay(LOOK_EVERY_MS);
  }
  await ended;
  return peak;
}
