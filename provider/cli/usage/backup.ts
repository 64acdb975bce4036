// The arguments and options of `weir backup`.
import { Command } from 'commander';
import type { BackupFlags } from '../commands/backup.ts';

export function backupCommand(): Command {
  return new Command('backup')
    .description('Writes the objects and tokens of the runtime at WEIR_ENDPOINT to a file.')
    .argument('<file>', 'file for `weir restore`; only its owner may read it')
    .option('--force', 'replace the file if it is there')
    .action(async (file: string, flags: BackupFlags) => {
      const { runBackup } = await import('../commands/backup.ts');
      await runBackup(file, flags);
    });
}
