// `npm run up`: starts what does not run, runs `pulumi up`, sends requests and shows which backend responded.
import { startBackends } from './backends.ts';
import { FOLDER, shown } from './folder.ts';
import { BACKENDS } from './ports.ts';
import { prepareStack } from './prepare.ts';
import { pulumi } from './pulumi.ts';
import { type DemoRecord, readRecord } from './record.ts';
import { runtimeEndpointOf, startDemoRuntime } from './runtime.ts';
import { showShares } from './show-shares.ts';
import { steps } from './steps.ts';

const OWN = `The quick start has a runtime, backends and a Pulumi backend of its own in ${shown(FOLDER)}/;
your Pulumi login and stacks are not touched.`;

const NEXT = `Next
  1. Change a weight in examples/quickstart/index.ts
  2. npm run preview    shows what would change
  3. npm run up         makes the change and sends the requests again
     npm run down       removes everything
`;

export async function up(args: readonly string[]): Promise<void> {
  process.stdout.write(`${OWN}\n\n`);
  const record = readRecord();
  await steps([
    {
      title: 'Runtime',
      run: async () => `${(await startDemoRuntime(record)) ? 'started' : 'running'} at ${runtimeEndpointOf(record)}`,
    },
    { title: 'Backends', run: async () => describe(record, await startBackends(record)) },
    { title: 'Stack', run: () => prepareStack(record) },
  ]);
  await pulumi('up', ['--yes', '--skip-preview', ...args]);
  process.stdout.write('\n');
  await showShares(record);
  process.stdout.write(`\n${NEXT}`);
}

function describe({ ports }: DemoRecord, started: readonly string[]): string {
  const all = BACKENDS.map((name) => `${name} ${ports[name]}`).join(', ');
  return `${all}; ${started.length === 0 ? 'running' : `started: ${started.join(', ')}`}`;
}
