// Duration of `pulumi preview` and `pulumi up` without a change, compared with as many dynamic resources that do
// nothing.
import { freePort } from '../../harness/backends/backends.ts';
import { RuntimeProcess } from '../../harness/runtime/runtime.ts';
import { Stack } from '../../harness/stack/stack.ts';
import { HEADS } from '../bounds/no-op.ts';
import { CleanUp } from '../clean-up.ts';
import { inTurn } from '../data-plane.ts';
import type { GoalValues } from '../judgement.ts';
import { ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import { type Measure, type MeasureContext, roundsOf } from './measure.ts';

/** Rounds of a run of the whole benchmark, in which each takes half a minute. */
const MAX_ROUNDS = 3;
const KINDS = ['weir', 'same'] as const;
const COMMANDS = { preview: ['preview'], up: ['up', '--yes', '--skip-preview'] };

/** Sizes of the stacks: attachments, and the targets of each. Load balancer and listener are two resources more. */
const SIZES = [
  { name: '100', attachments: 98, targets: 1 },
  { name: '400', attachments: 398, targets: 1 },
  { name: '2x500', attachments: 2, targets: 500 },
  { name: '20x50', attachments: 20, targets: 50 },
];

export const measureUnchanged: Measure = async (context) => {
  const results: Record<string, GoalValues[string]> = {};
  for (const size of SIZES) {
    const own = new CleanUp();
    context.cleanUp.after(() => own.run());
    Object.assign(results, await measureSize({ ...context, cleanUp: own }, size));
    await own.run();
  }
  return results;
};

async function measureSize(context: MeasureContext, size: (typeof SIZES)[number]): Promise<GoalValues> {
  const { cleanUp, say } = context;
  say(`  stacks of ${size.attachments} attachments of ${size.targets} targets`);
  const runtime = await RuntimeProcess.start(cleanUp);
  const code = programOf(size, await freePort());
  const stacks = new Map<string, Stack>();
  for (const kind of KINDS) {
    const stack = await Stack.create(cleanUp, `${HEADS[kind]}\n${code}`, kind === 'weir' ? runtime : undefined);
    await stack.up();
    stacks.set(kind, stack);
  }
  const results: Record<string, GoalValues[string]> = {};
  for (const [name, command] of Object.entries(COMMANDS)) {
    const seconds: Record<(typeof KINDS)[number], number[]> = { weir: [], same: [] };
    for (const round of roundsOf(context, MAX_ROUNDS)) {
      for (const kind of inTurn(KINDS, round)) {
        const startedAtMs = performance.now();
        await stacks.get(kind)?.done(command);
        seconds[kind].push((performance.now() - startedAtMs) / 1000);
      }
    }
    const note = `${median(seconds.weir).toFixed(1)} s to ${median(seconds.same).toFixed(1)} s`;
    results[`${name}-${size.name}`] = { values: ratios(seconds.weir, seconds.same), note };
  }
  return results;
}

function programOf({ attachments, targets }: (typeof SIZES)[number], port: number): string {
  return `const balancer = new LoadBalancer('balancer', { address: '127.0.0.1' });
const listener = new Listener('listener', { loadBalancerId: balancer.id, protocol: 'TCP', port: ${port} });
for (let i = 0; i < ${attachments}; i++) {
  const targets = {};
  for (let j = 0; j < ${targets}; j++) {
    targets['t' + j] = { address: '127.' + (1 + (i >> 8)) + '.' + (i & 255) + '.' + (1 + (j & 127)), port: 80 + (j >> 7) };
  }
  new TargetAttachment('pool-' + i, { listenerId: listener.id, targets });
}
`;
}
