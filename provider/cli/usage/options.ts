// Options of every command that talks to a runtime.
import type { Command } from 'commander';
import { DEFAULT_ENDPOINT } from '../../client/settings.ts';

/** The options of a command that talks to a runtime. */
export function reachesRuntime(command: Command): Command {
  return command
    .option('--endpoint <url>', `URL of the runtime (default: WEIR_ENDPOINT, or ${DEFAULT_ENDPOINT})`)
    .option('--token-file <file>', "file with the token (default: WEIR_TOKEN, or the user's own file below ~/.weir)")
    .option('--ca <file>', "PEM file of the authority that signed the runtime's certificate (default: WEIR_CA)");
}
