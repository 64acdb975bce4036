// The commands of `weir`, and how an error of one of them is told.
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { EXIT_CODES, endWithoutOutput, showOnlySeenCharacters, tell } from './commands/output.ts';
import { backupCommand } from './usage/backup.ts';
import { completionCommand } from './usage/completion.ts';
import { refuseEmptyValues } from './usage/empty-values.ts';
import { exportCommand } from './usage/export.ts';
import { joinCommand } from './usage/join.ts';
import { planCommand } from './usage/plan.ts';
import { restoreCommand } from './usage/restore.ts';
import { serveCommand } from './usage/serve.ts';
import { statusCommand } from './usage/status.ts';
import { tokenCommand } from './usage/token.ts';

/** Runs the command that the arguments of the process name. An error ends the process with exit code 1. */
export async function runProgram(): Promise<void> {
  const program = new Command('weir')
    .description('Load balancers as desired state: the runtime that the Pulumi provider drives.')
    .version(createRequire(import.meta.url)('pulumi-weir/package.json').version)
    .showHelpAfterError('(weir --help lists the commands)')
    .addCommand(serveCommand())
    .addCommand(statusCommand())
    .addCommand(planCommand())
    .addCommand(exportCommand())
    .addCommand(tokenCommand())
    .addCommand(joinCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(completionCommand())
    .addHelpText('afterAll', EXIT_CODES);

  showOnlySeenCharacters(program);
  refuseEmptyValues(program);
  process.stdout.on('error', endWithoutOutput);
  // Nobody is left to be told that standard error cannot be written.
  process.stderr.on('error', () => {});

  try {
    await program.parseAsync();
  } catch (error) {
    // A stack trace does not help at a terminal. WEIR_DEBUG=1 shows it.
    const isDebug = (process.env.WEIR_DEBUG ?? '') !== '';
    tell(`weir: ${error instanceof Error ? (isDebug ? error.stack : error.message) : String(error)}\n`);
    // The process exits at once, because threads that a failed start left behind would keep it running.
    process.exit(1);
  }
}
