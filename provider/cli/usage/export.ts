// The options of `weir export`.
import { Command } from 'commander';
import type { ExportFlags } from '../commands/export.ts';
import { reachesRuntime } from './options.ts';

export function exportCommand(): Command {
  return reachesRuntime(new Command('export'))
    .description('Writes a TypeScript program whose first `pulumi up` adopts the objects of a runtime.')
    .option('--owner <prefix>', 'export only objects whose owner begins with this text; repeatable', append)
    .option('--unowned', 'export only objects without an owner, such as those made by hand')
    .option('--out <path>', 'new .ts file, or folder for a new index.ts (default: standard output)')
    .action(async (flags: ExportFlags) => {
      const { runExport } = await import('../commands/export.ts');
      await runExport(flags);
    });
}

function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
