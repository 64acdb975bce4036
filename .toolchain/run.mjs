// `node .toolchain/run.mjs COMMAND ARGS...`: runs a command in the prepared environment, from any folder.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArguments, USAGE } from './arguments.mjs';
import { cacheFolder } from './cache.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { stopAll } from './exec.mjs';
import { endBySignal, endLike, LaunchError, launch, SIGNALS } from './launch.mjs';
import { releaseAll } from './lock.mjs';
import { ensureNode } from './node.mjs';
import { SetupError, say } from './progress.mjs';
import { ensurePulumi } from './pulumi.mjs';
import { ensureRandomPlugin } from './random-plugin.mjs';
import { prepend } from './search-path.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Installs what is missing. Only PATH changes in the environment, and PULUMI_HOME if it is unset: backend, stack and
 * passphrase stay the user's own.
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function prepare() {
  if (process.platform === 'win32') throw new SetupError('Windows is not supported; use the Linux of WSL 2.');
  const cache = cacheFolder(process.env);
  const node = await ensureNode(cache);
  await ensureDependencies(root, node, cache);
  const pulumi = await ensurePulumi(cache);
  const home = path.join(cache, 'pulumi-home');
  const plugin = await ensureRandomPlugin(root, home, cache, process.env);
  const own = path.join(root, '.toolchain', 'bin');
  const folders = [...node.folders, ...pulumi, ...plugin, own, path.join(root, 'node_modules', '.bin')];
  return {
    ...process.env,
    PATH: prepend(folders, process.env.PATH),
    PULUMI_HOME: process.env.PULUMI_HOME || home,
  };
}

/**
 * Stops the set-up at a signal: stops the running programs, releases the locks and ends this process by the signal.
 * @param {NodeJS.Signals} signal
 */
function abandon(signal) {
  stopAll();
  releaseAll();
  endBySignal(signal);
}

async function main() {
  const request = parseArguments(process.argv.slice(2));
  if (request.kind === 'usage') {
    process.stderr.write(USAGE);
    process.exit(request.exitCode);
  }
  for (const signal of SIGNALS) process.once(signal, abandon);
  const env = await prepare();
  const ending = launch(request.command, request.args, env);
  // run.mjs gives up its own signal handlers only now that `launch` has installed its handlers. Without any handler, a
  // signal would end run.mjs and leave the command behind.
  for (const signal of SIGNALS) process.off(signal, abandon);
  endLike(await ending);
}

main().catch((error) => {
  // An expected failure shows only its message. Any other error is a bug and shows its stack.
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(error instanceof LaunchError ? error.exitCode : 1);
});
