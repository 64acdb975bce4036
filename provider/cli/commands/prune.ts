// `weir token prune`: removes the administrator's tokens of ended runtimes from the user's home folder.
import { pruneTokens } from '../../runtime/store/published-tokens.ts';
import { textTable } from '../text/table.ts';
import { print } from './output.ts';

export interface PruneFlags {
  readonly all?: boolean;
}

export function runPrune({ all = false }: PruneFlags): void {
  const tokens = pruneTokens({ all });
  const rows = tokens.map(({ runtimeId, dataDirectory = '', kept }) => [
    runtimeId,
    dataDirectory,
    kept === undefined ? 'removed' : `kept: ${kept}`,
  ]);
  const table = textTable(['runtime', 'data directory', 'token'], rows);
  print(rows.length === 0 ? 'No tokens in ~/.weir.\n' : `${table}\n`);
}
