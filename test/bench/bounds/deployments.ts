// Duration of `pulumi preview` and `pulumi up` with many targets, compared with as many dynamic resources that do
// nothing.
import { freePort } from '../../harness/backends/backends.ts';
import { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import { Stack } from '../../harness/stack/stack.ts';
import { inTurn } from '../data-plane.ts';
import { ratioCell, ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import type { MeasureBound } from './bound.ts';
import { HEADS, type ResourceKind } from './no-op.ts';

const ATTACHMENTS = 20;
const TARGETS = 50;
const ROUNDS = 3;
const MAX_RATIO = 1.2;

const UP = ['up', '--yes', '--skip-preview'];
const PREVIEW = ['preview'];

/**
 * Measured commands in the order in which each round runs them. `weight` is the weight that one target in each
 * attachment has in the program.
 */
const STEPS = [
  { what: 'the first `pulumi up`', weight: 100, command: UP },
  { what: '`pulumi preview`, one weight of each attachment changed', weight: 50, command: PREVIEW },
  { what: '`pulumi up` of that change', weight: 50, command: UP },
];

const WAYS = Object.keys(HEADS) as ResourceKind[];

export const measureDeployments: MeasureBound = async ({ cleanUp, signal }) => {
  const runtime = await RuntimeProcess.start(cleanUp);
  const port = await freePort();
  const stacks = new Map<ResourceKind, Stack>();
  for (const way of WAYS) stacks.set(way, await Stack.create(cleanUp, '', way === 'weir' ? runtime : undefined));
  const times = STEPS.map((): Record<ResourceKind, number[]> => ({ weir: [], same: [], bare: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    // The stacks take turns to be first in a round, because the first one reads its files from disk and the others read
    // them from memory.
    const ways = inTurn(WAYS, round);
    for (const [step, { weight, command }] of STEPS.entries()) {
      for (const way of ways) {
        signal.throwIfAborted();
        const stack = stacks.get(way) as Stack;
        stack.write(`${HEADS[way]}\n${program(port, weight)}`);
        const startedAt = performance.now();
        await stack.done(command);
        times[step]?.[way].push(performance.now() - startedAt);
      }
    }
    for (const stack of stacks.values()) await stack.destroy();
  }
  return STEPS.map(({ what }, step) => {
    const { weir, same, bare } = times[step] as Record<ResourceKind, number[]>;
    return {
      what: `${what}: ${ATTACHMENTS} attachments of ${TARGETS} targets, compared with as many dynamic resources that do nothing`,
      bound: `${MAX_RATIO} x`,
      measured: `${ratioCell(weir, same)}, ${seconds(weir)}; ${ratioCell(weir, bare)} to ones without outputs`,
      isMet: median(ratios(weir, same)) <= MAX_RATIO,
    };
  });
};

function seconds(timesMs: readonly number[]): string {
  return `${(median(timesMs) / 1000).toFixed(1)} s`;
}

function program(port: number, weight: number): string {
  return `const balancer = new LoadBalancer('balancer', { address: '127.0.0.1' });
const listener = new Listener('listener', { loadBalancerId: balancer.id, protocol: 'TCP', port: ${port} });
for (let i = 0; i < ${ATTACHMENTS}; i++) {
  const targets = {};
  for (let j = 0; j < ${TARGETS}; j++) {
    targets['t' + j] = { address: '127.1.' + i + '.' + j, port: 80, weight: j === 0 ? ${weight} : 100 };
  }
  new TargetAttachment('pool-' + i, { listenerId: listener.id, targets });
}
`;
}
