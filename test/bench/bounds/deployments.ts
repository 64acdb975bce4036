// What `pulumi preview` and `pulumi up` of many targets take, beside as many dynamic resources that do nothing.
import { freePort } from '../../harness/backends.ts';
import { RuntimeProcess } from '../../harness/runtime.ts';
import { Stack } from '../../harness/stack.ts';
import { ratioCell, ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import type { MeasureBound } from './bound.ts';

const ATTACHMENTS = 20;
const TARGETS = 50;
const ROUNDS = 5;
const MAX_RATIO = 1.2;

const UP = ['up', '--yes', '--skip-preview'];
const PREVIEW = ['preview'];

/** In the order of each round; `weight` is that of one target of each attachment. */
const STEPS = [
  { what: 'the first `pulumi up`', weight: 100, command: UP },
  { what: '`pulumi preview` without a change', weight: 100, command: PREVIEW },
  { what: '`pulumi preview`, one weight of each attachment changed', weight: 50, command: PREVIEW },
  { what: '`pulumi up` of that change', weight: 50, command: UP },
];

const WEIR = `import { Listener, LoadBalancer, TargetAttachment } from 'weir';`;

/** A provider without `check` and `diff`: the engine itself compares the inputs, which are the same as Weir's. */
const NO_OP = `import * as pulumi from '@pulumi/pulumi';
const provider = {
  create: async (inputs) => ({ id: 'no-op', outs: inputs }),
  update: async (id, olds, news) => ({ outs: news }),
};
class NoOp extends pulumi.dynamic.Resource {
  constructor(name, props) {
    super(provider, name, props);
  }
}
const [Listener, LoadBalancer, TargetAttachment] = [NoOp, NoOp, NoOp];`;

export const measureDeployments: MeasureBound = async ({ cleanUp, signal }) => {
  const runtime = await RuntimeProcess.start(cleanUp);
  const port = await freePort();
  const noOp = { head: NO_OP, stack: await Stack.create(cleanUp, ''), times: STEPS.map(() => [] as number[]) };
  const weir = { head: WEIR, stack: await Stack.create(cleanUp, '', runtime), times: STEPS.map(() => [] as number[]) };
  for (let round = 0; round < ROUNDS; round++) {
    // The second finds the files in memory, so each is that in turn.
    const ways = round % 2 === 0 ? [noOp, weir] : [weir, noOp];
    for (const [step, { weight, command }] of STEPS.entries()) {
      for (const { head, stack, times } of ways) {
        signal.throwIfAborted();
        stack.write(`${head}\n${program(port, weight)}`);
        const startedAt = performance.now();
        await stack.done(command);
        times[step]?.push(performance.now() - startedAt);
      }
    }
    for (const { stack } of ways) await stack.destroy();
  }
  return STEPS.map(({ what }, step) => {
    const [own, base] = [weir.times[step] ?? [], noOp.times[step] ?? []];
    return {
      what: `${what}: ${ATTACHMENTS} attachments of ${TARGETS} targets, to as many dynamic resources of the same inputs that do nothing`,
      bound: `${MAX_RATIO} x`,
      measured: `${ratioCell(own, base)}, ${seconds(own)}`,
      isMet: median(ratios(own, base)) <= MAX_RATIO,
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
