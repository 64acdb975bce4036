// `npm run up`, `preview` and `down`: the commands of the quick start, with a runtime and backends of its own.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { cacheFolder } from '../cache.mjs';
import { withLock } from '../lock.mjs';
import { down } from './down.ts';
import { DemoError } from './failure.ts';
import { ROOT } from './folder.ts';
import { helpOf } from './help.ts';
import { preview } from './preview.ts';
import { listenToSignals } from './signals.ts';
import { up } from './up.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = { up, preview, down };

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];

listenToSignals();
try {
  if (command === undefined) throw new DemoError(`use: npm run ${Object.keys(COMMANDS).join(' | npm run ')}`);
  const help = helpOf(name, args);
  if (help === undefined) await withLock(lockFile(), 'the quick start', () => command(args));
  else process.stdout.write(help);
} catch (error) {
  // An expected failure shows only its message. Any other error is a bug and shows its stack.
  if (!(error instanceof DemoError)) throw error;
  process.stderr.write(`\nquick start: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

/** The lock file of the quick start. It is not in the quick start's folder, which `down` removes. */
function lockFile(): string {
  const hash = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  return path.join(cacheFolder(process.env), 'locks', `quickstart-${hash}.lock`);
}
