// The options of `weir status`.
import { Command } from 'commander';
import type { StatusFlags } from '../commands/status.ts';
import { wantedTag } from '../commands/tagged.ts';
import { reachesRuntime } from './options.ts';

export function statusCommand(): Command {
  return reachesRuntime(new Command('status'))
    .description('Shows listeners, targets and workers of a runtime.')
    .option('--json', 'print the response of the API as JSON')
    .option('--watch', 'show the status at each event and at least every 2 s, until Ctrl-C')
    .option('--tag <NAME[=VALUE]>', 'show only what has the tag; of several such options, what has all', wantedTag)
    .action(async (flags: StatusFlags) => {
      const { showStatus } = await import('../commands/status.ts');
      await showStatus(flags);
    });
}
