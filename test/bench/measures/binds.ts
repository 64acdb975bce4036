// Time until a bind and an unbind are acknowledged while the listener has 70 % of its highest load, beside the time of
// an fsync in the same seconds.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { milliseconds } from '../bounds/bound.ts';
import { startWorld } from '../bounds/world.ts';
import { runOpenLoop } from '../open-loop.ts';
import { startBackend } from '../peers.ts';
import { median, percentile } from '../statistics.ts';
import { runWrk } from '../wrk.ts';
import { ApiWriter } from './api-writer.ts';
import { type Measure, type MeasureContext, roundsOf } from './measure.ts';

const SHARE = 0.7;
const SECONDS = 4;
/** The load has begun by then, and goes on until the last write. */
const BEGIN_MS = 500;
const WRITES_MS = 3_000;
const PAUSE_MS = 5;
/** Bytes that are written before each fsync: a page of the database. */
const PAGE = Buffer.alloc(4096, 'x');

interface Times {
  readonly bind: number[];
  readonly unbind: number[];
  readonly fsync: number[];
}

export const measureBinds: Measure = async (context) => {
  const { programs, cleanUp, signal, say } = context;
  const [first, second] = await Promise.all(
    [1, 2].map(() => startBackend({ programs, directory: temporaryDirectory(cleanUp), cleanUp })),
  );
  if (first === undefined || second === undefined) throw new Error('a backend is missing');
  const targets = { a: { address: '127.0.0.1', port: first.port } };
  const { port, runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, targets);
  const writer = new ApiWriter(cleanUp, runtime);
  const url = `http://127.0.0.1:${port}/small`;
  const top = await runWrk({ wrk: programs.wrk, url, seconds: 2, isClosing: false, signal });
  const perSecond = Math.round(top.requestsPerSecond * SHARE);
  say(`  load of ${perSecond} requests/s`);
  const rounds: Times[] = [];
  for (const _ of roundsOf(context)) {
    const load = runOpenLoop({ port, path: '/small', perSecond, seconds: SECONDS, signal });
    load.catch(() => {});
    await delay(BEGIN_MS);
    rounds.push(await writeFor(context, writer, { address: '127.0.0.1', port: second.port }));
    await load;
  }
  const fsync = rounds.map((times) => median(times.fsync));
  const results = (['bind', 'unbind'] as const).flatMap((kind) => {
    const medians = rounds.map((times) => median(times[kind]));
    const beyond = medians.map((value, round) => value - (fsync[round] ?? Number.NaN));
    const note = `${milliseconds(median(medians))}, an fsync ${milliseconds(median(fsync))}`;
    const late = rounds.map((times) => percentile(times[kind], 99));
    return [
      [`${kind}-median`, { values: beyond, note }],
      [
        `${kind}-p99`,
        {
          values: late,
          note: `an fsync ${milliseconds(
            percentile(
              rounds.flatMap((r) => r.fsync),
              99,
            ),
          )}`,
        },
      ],
    ] as const;
  });
  return Object.fromEntries(results);
};

async function writeFor({ cleanUp }: MeasureContext, writer: ApiWriter, target: object): Promise<Times> {
  const times: Times = { bind: [], unbind: [], fsync: [] };
  const file = await open(join(temporaryDirectory(cleanUp), 'page'), 'a');
  const endsAtMs = performance.now() + WRITES_MS;
  while (performance.now() < endsAtMs) {
    times.bind.push(await writer.patch('pool', { b: target }));
    await delay(PAUSE_MS);
    times.unbind.push(await writer.patch('pool', { b: null }));
    await delay(PAUSE_MS);
    await file.write(PAGE);
    const startedAtMs = performance.now();
    await file.sync();
    times.fsync.push(performance.now() - startedAtMs);
  }
  await file.close();
  return times;
}
