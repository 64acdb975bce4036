// `npm run down`: destroys the stack, ends the processes and removes the folder, even if some of them are gone.
import { existsSync, rmSync } from 'node:fs';
import { endBackends } from './backends.ts';
import { DemoError } from './failure.ts';
import { FOLDER, shown } from './folder.ts';
import { hasStack, pulumi } from './pulumi.ts';
import { type DemoRecord, readRecord } from './record.ts';
import { endRuntime, responds } from './runtime.ts';
import { steps } from './steps.ts';

export async function down(args: readonly string[]): Promise<void> {
  if (!existsSync(FOLDER)) {
    process.stdout.write('Nothing is up.\n');
    return;
  }
  const record = readRecord();
  if (!args.includes('--force')) await destroy(record, args);
  process.stdout.write('\n');
  await steps([
    { title: 'Runtime', run: () => endRuntime(record).then(() => 'ended') },
    { title: 'Backends', run: () => endBackends(record).then(() => 'ended') },
    {
      title: `State and data in ${shown(FOLDER)}/`,
      run: async () => {
        rmSync(FOLDER, { recursive: true, force: true });
        return 'removed';
      },
    },
  ]);
}

async function destroy(record: DemoRecord, args: readonly string[]): Promise<void> {
  if (!hasStack()) return;
  if (!(await responds(record))) {
    process.stdout.write('The runtime does not respond, so it serves nothing: its data and the state are removed.\n');
    return;
  }
  try {
    await pulumi('destroy', ['--yes', '--skip-preview', ...args]);
  } catch (error) {
    if (!(error instanceof DemoError) || error.exitCode !== 1) throw error;
    throw new DemoError(`${error.message}; to remove everything nevertheless: npm run down -- --force`);
  }
}
