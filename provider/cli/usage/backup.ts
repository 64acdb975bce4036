// The arguments and options of `weir backup`.
import { Command } from 'commander';
import type { BackupFlags } from '../commands/backup.ts';
import { reachesRuntime } from './options.ts';

export function backupCommand(): Command {
  return reachesRuntime(new Command('backup'))
    .description('Writes the objects and tokens of a runtime to a file.')
    .argument('<file>', 'file for `weir restore`; only its owner may read it')
    .option('--force', 'replace the file if it is there')
    .action(async (file: string, flags: BackupFlags) => {
      const { runBackup } = await import('../commands/backup.ts');
      await runBackup(file, flags);
    });
}
