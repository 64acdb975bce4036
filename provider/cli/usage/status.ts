// The options of `weir status`.
import { Command, Option } from 'commander';
import { HEALTH_STATES } from '../../model/base/health.ts';
import type { StatusFlags } from '../commands/status.ts';
import { wantedHealth, wantedName, wantedTag } from '../status/filters.ts';
import { reachesRuntime } from './options.ts';

export function statusCommand(): Command {
  return reachesRuntime(new Command('status'))
    .description('Shows listeners, targets and workers of a runtime.')
    .option('--json', 'print the response of the API as JSON')
    .option('--watch', 'show the status at each event and at least every 2 s, until q or Ctrl-C')
    .option('--listener <NAME>', 'show only this listener, by id or name; several such options: any', wantedName)
    .option('--stack <PROJECT/STACK>', 'show only what belongs to the stack; several: any', wantedName)
    .addOption(
      new Option('--health <STATE>', 'show only targets in this state; several: any')
        .choices(HEALTH_STATES)
        .argParser(wantedHealth),
    )
    .option('--tag <NAME[=VALUE]>', 'show only what has the tag; of several such options, what has all', wantedTag)
    .action(async (flags: StatusFlags) => {
      const { showStatus } = await import('../commands/status.ts');
      await showStatus(flags);
    });
}
