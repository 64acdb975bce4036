// A thread of a race for sticky sessions: in each round two threads pick a target for the same new client at once.
import { parentPort, workerData } from 'node:worker_threads';
import { StickySource } from '../../../provider/runtime/select/sticky-source.ts';
import { clientAt, stickyTarget, type TestStickyTarget } from './sticky-targets.ts';
import { client } from './targets.ts';

export interface Race {
  readonly table: SharedArrayBuffer;
  /** How many threads have reached a round, summed over all rounds. */
  readonly arrivals: SharedArrayBuffer;
  readonly threads: number;
  /** The number of the target that this thread picks for a new client. */
  readonly own: number;
  readonly rounds: number;
}

const { table, arrivals, threads, own, rounds } = workerData as Race;
const targets = Array.from({ length: threads }, (_, index) => stickyTarget(index + 1));
let nowMs = 0;
const sticky = new StickySource<TestStickyTarget>(1000, table, () => nowMs);
for (const target of targets) sticky.add(target);
const arrived = new Int32Array(arrivals);

const chosen: number[] = [];
for (let round = 0; round < rounds; round++) {
  // In odd rounds, the table has an expired entry of the client.
  nowMs = (round % 2) * 10_000;
  const one = clientAt(client(round >> 1));
  Atomics.add(arrived, 0, 1);
  while (Atomics.load(arrived, 0) < (round + 1) * threads);
  const target = sticky.find(one) ?? sticky.keep(one, targets[own - 1] as TestStickyTarget);
  chosen.push(target.number);
}
parentPort?.postMessage(chosen);
