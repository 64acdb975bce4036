// The arguments and options of `weir restore`.
import { Command } from 'commander';
import type { RestoreFlags } from '../commands/restore.ts';

export function restoreCommand(): Command {
  return new Command('restore')
    .description('Puts a backup into the data directory of a runtime that does not run.')
    .argument('<file>', 'file that `weir backup` has written')
    .option('--data <dir>', 'data directory; made if it is not there', '.weir')
    .option('--key-file <file>', 'key of the stored secrets (default: master-key in the data directory)')
    .option('--force', 'replace the database that is there')
    .action(async (file: string, flags: RestoreFlags) => {
      const { runRestore } = await import('../commands/restore.ts');
      await runRestore(file, flags);
    });
}
