// Time from the start of `weir serve` until it is ready, compared with a bare HTTP server of Node, and its memory then.
// The command is that of the package that users install, because a checkout has to read each module and strip its types.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { RuntimeProcess, type StartOptions, temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { installedCommand } from '../../harness/stack/packed.ts';
import { milliseconds } from '../bounds/bound.ts';
import type { CleanUp } from '../clean-up.ts';
import { ratios } from '../markdown.ts';
import { median } from '../statistics.ts';
import { type Measure, roundsOf } from './measure.ts';

const LISTENERS = 100;
const TARGETS_OF_LISTENER = 100;
const SETTLE_MS = 1_000;
const BARE = `require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('open'))`;

export const measureStart: Measure = async (context) => {
  const { cleanUp, say } = context;
  const command = { main: installedCommand(cleanUp), args: ['--workers', '1'] };
  const [empty, full] = [temporaryDirectory(cleanUp), temporaryDirectory(cleanUp)];
  await (await RuntimeProcess.start(cleanUp, { ...command, dataDirectory: empty })).end('SIGTERM');
  say('  writing 10,000 targets');
  await fill(cleanUp, { ...command, dataDirectory: full });
  const times: Record<'bare' | 'empty' | 'full', number[]> = { bare: [], empty: [], full: [] };
  const resident: number[] = [];
  for (const _ of roundsOf(context)) {
    times.bare.push(await startBare());
    for (const [name, dataDirectory] of [
      ['empty', empty],
      ['full', full],
    ] as const) {
      const startedAtMs = performance.now();
      const runtime = await RuntimeProcess.start(cleanUp, { ...command, dataDirectory });
      times[name].push(performance.now() - startedAtMs);
      if (name === 'empty') {
        await delay(SETTLE_MS);
        resident.push(residentBytes(runtime.pid) / 2 ** 20);
      }
      await runtime.end('SIGTERM');
    }
  }
  const note = (name: 'empty' | 'full') =>
    `${milliseconds(median(times[name]))} to ${milliseconds(median(times.bare))}`;
  return {
    'start-empty': { values: ratios(times.empty, times.bare), note: note('empty') },
    'start-10000': { values: ratios(times.full, times.bare), note: note('full') },
    'resident-empty': { values: resident },
  };
};

async function fill(cleanUp: CleanUp, options: StartOptions): Promise<void> {
  const runtime = await RuntimeProcess.start(cleanUp, options);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const healthCheck = { protocol: 'none' };
  for (let i = 0; i < LISTENERS; i++) {
    const port = await freePort();
    await runtime.done('PUT', `/v1/listeners/l${i}`, { loadBalancerId: 'lb', protocol: 'TCP', port, healthCheck });
    const target = (j: number) => [`t${j}`, { address: `127.1.${i}.${j + 1}`, port: 80 }];
    const targets = Object.fromEntries(Array.from({ length: TARGETS_OF_LISTENER }, (_, j) => target(j)));
    await runtime.done('PUT', `/v1/attachments/a${i}`, { listenerId: `l${i}`, targets });
  }
  await runtime.end('SIGTERM');
}

async function startBare(): Promise<number> {
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const tookMs = performance.now() - startedAtMs;
  child.kill();
  await once(child, 'exit');
  return tookMs;
}
