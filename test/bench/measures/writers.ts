// 64 clients that write at the same time, compared with one: writes a second, and how many writes share an fsync.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { findProgram } from '../../harness/machine/find-program.ts';
import { startWorld } from '../bounds/world.ts';
import { ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import { ApiWriter } from './api-writer.ts';
import { type Measure, roundsOf } from './measure.ts';

const WRITERS = 64;
const SECONDS = 2;
const WARM_UP_WRITES = 50;
const TARGETS = 10;
/** The tracer is attached by then. */
const ATTACH_MS = 500;

export const measureWriters: Measure = async (context) => {
  const { cleanUp, say } = context;
  const { runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, {});
  for (let i = 0; i < WRITERS; i++) {
    const target = (j: number) => [`t${j}`, { address: `127.1.${i}.${j + 1}`, port: 80 }];
    const targets = Object.fromEntries(Array.from({ length: TARGETS }, (_, j) => target(j)));
    await runtime.done('PUT', `/v1/attachments/w${i}`, { listenerId: 'web', targets });
  }
  const writer = new ApiWriter(cleanUp, runtime);
  let weight = 0;
  /** Every write changes a weight, because a write without a change would store nothing. */
  const writeUntil = async (attachment: number, isOver: () => boolean): Promise<number> => {
    let writes = 0;
    for (; !isOver(); writes++) await writer.patch(`w${attachment}`, { t0: { weight: 1 + (weight++ % 90) } });
    return writes;
  };
  const writesBy = async (writers: number): Promise<number> => {
    const endsAtMs = performance.now() + SECONDS * 1000;
    const isOver = () => performance.now() >= endsAtMs;
    const counts = await Promise.all(Array.from({ length: writers }, (_, i) => writeUntil(i, isOver)));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  for (let i = 0; i < WARM_UP_WRITES; i++) await writer.patch('w0', { t0: { weight: 1 + (weight++ % 90) } });
  const [one, many, syncs]: [number[], number[], number[]] = [[], [], []];
  for (const _ of roundsOf(context)) {
    one.push((await writesBy(1)) / SECONDS);
    many.push((await writesBy(WRITERS)) / SECONDS);
    const traced = await countSyncs(runtime.pid, () => writesBy(WRITERS));
    if (traced === undefined) say('  neither perf nor strace can count the fsyncs');
    else syncs.push(traced.syncs / traced.value);
  }
  return {
    'writers-speed': { values: ratios(many, one), note: `${median(many).toFixed(0)}/s to ${median(one).toFixed(0)}/s` },
    'writers-syncs': { values: syncs },
  };
};

/** Counts fsync and fdatasync of a process while `work` runs, by perf or else by strace, which slows the process. */
async function countSyncs<T>(pid: number, work: () => Promise<T>): Promise<{ syncs: number; value: T } | undefined> {
  const calls = ['fsync', 'fdatasync'];
  const events = calls.map((call) => `syscalls:sys_enter_${call}`).join(',');
  const tracers = [
    ['perf', 'stat', '-x,', '-e', events, '-p', `${pid}`],
    ['strace', '-f', '-c', '-e', `trace=${calls.join(',')}`, '-p', `${pid}`],
  ] as const;
  for (const [name, ...args] of tracers) {
    const program = findProgram(name);
    if (program === undefined) continue;
    const tracer = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = Promise.all([text(tracer.stderr), once(tracer, 'exit')]);
    await delay(ATTACH_MS);
    if (tracer.exitCode !== null) continue;
    const value = await work();
    tracer.kill('SIGINT');
    const [output] = await ended;
    const syncs = countIn(output);
    if (syncs !== undefined) return { syncs, value };
  }
  return undefined;
}

/**
 * Adds up the calls in the output of `perf stat -x,` ("12,,syscalls:sys_enter_fsync,...") and of `strace -c` ("% time,
 * seconds, microseconds a call, calls, errors, name"). Returns `undefined` if there are none.
 */
export function countIn(output: string): number | undefined {
  const counts = output.split('\n').flatMap((line) => {
    const perf = /^(\d+),.*sys_enter_f(?:data)?sync,/.exec(line);
    const strace = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?f(?:data)?sync$/.exec(line);
    return perf?.[1] ?? strace?.[1] ?? [];
  });
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + Number(count), 0);
}
