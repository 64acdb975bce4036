// The arguments and options of `weir join`.
import { Command, InvalidArgumentError } from 'commander';
import { MAX_TTL_SECONDS, MIN_TTL_SECONDS, TTL_FORM } from '../../model/base/lease-limits.ts';
import type { JoinFlags } from '../commands/join.ts';
import { reachesRuntime } from './options.ts';

export function joinCommand(): Command {
  return reachesRuntime(new Command('join'))
    .description('Makes a server a member of an auto scaling group until the command ends.')
    .argument('<group>', 'id of the group')
    .requiredOption('--server <id>', 'id of the server, which is there already')
    .option('--ttl <seconds>', 'the server is unbound if its lease is not renewed for so long', ttl, 30)
    .addHelpText('after', HELP)
    .action(async (group: string, flags: JoinFlags) => {
      const { runJoin } = await import('../commands/join.ts');
      await runJoin(group, flags);
    });
}

const HELP = `
The command renews the lease three times in each --ttl, and tries on while the runtime does not respond. At SIGTERM and
Ctrl-C the server leaves the group, and is unbound when the command has ended. The token needs no more than:
  weir token create NAME --allow "slb:AttachInstances on scalinggroup/GROUP,instance/ID" \\
    --allow "slb:DetachInstances on scalinggroup/GROUP"`;

function ttl(text: string): number {
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= MIN_TTL_SECONDS && seconds <= MAX_TTL_SECONDS) return seconds;
  throw new InvalidArgumentError(`It ${TTL_FORM}.`);
}
