// `weir token prune`: removes the administrator's tokens of ended runtimes from the user's home folder.
import { Command } from 'commander';
import { pruneTokens } from '../../runtime/store/published-tokens.ts';
import { textTable } from '../text/table.ts';
import { print } from './output.ts';

export function pruneCommand(): Command {
  return new Command('prune')
    .description("Removes the administrator's tokens in ~/.weir whose runtimes do not run.")
    .option('--all', 'also those of other machines, and those that do not say where their runtime is')
    .action(({ all = false }: { all?: boolean }) => {
      const tokens = pruneTokens({ all });
      const rows = tokens.map(({ runtimeId, dataDirectory = '', kept }) => [
        runtimeId,
        dataDirectory,
        kept === undefined ? 'removed' : `kept: ${kept}`,
      ]);
      const table = textTable(['runtime', 'data directory', 'token'], rows);
      print(rows.length === 0 ? 'No tokens in ~/.weir.\n' : `${table}\n`);
    });
}
