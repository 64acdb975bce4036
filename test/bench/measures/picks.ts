// Time of a pick among 10, 1,000 and 10,000 targets by each balancing algorithm.
import type { Algorithm } from '../../../provider/runtime/contract/snapshot.ts';
import { createPicker } from '../../../provider/runtime/select/pickers.ts';
import { client, pickingStateOf, testTargets } from '../../harness/select/targets.ts';
import { growthBySize, timeOf } from './growth.ts';
import type { Measure } from './measure.ts';

const ALGORITHMS: readonly Algorithm[] = ['weighted-round-robin', 'weighted-least-connections', 'source-ip-hash'];
const PICKS = 200_000;
const WEIGHTS = [100, 50, 25, 75];
const CLIENTS = Array.from({ length: 4096 }, (_, i) => client(i));

export const measurePicks: Measure = async (context) => {
  const results = [];
  for (const algorithm of ALGORITHMS)
    results.push([`pick-${algorithm}`, await growthBySize(context, (size) => pickerOf(algorithm, size))] as const);
  return Object.fromEntries(results);
};

/** Returns a function that picks PICKS times and returns the time of a pick in nanoseconds. */
function pickerOf(algorithm: Algorithm, size: number): () => number {
  const targets = testTargets(Array.from({ length: size }, (_, i) => WEIGHTS[i % WEIGHTS.length] ?? 1));
  const picker = createPicker(algorithm, targets, pickingStateOf());
  return () => timeOf(PICKS, (i) => picker.pick(CLIENTS[i % CLIENTS.length] ?? ''));
}
