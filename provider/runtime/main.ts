#!/usr/bin/env node
// The command line `weir`: reads flags and environment and calls the command.
import { Command } from 'commander';
import { serveCommand } from './commands/serve.ts';
import { statusCommand } from './commands/status.ts';

const program = new Command('weir')
  .description('Load balancers as desired state: the runtime that the Pulumi provider drives.')
  .showHelpAfterError('(weir --help lists the commands)')
  .addCommand(serveCommand())
  .addCommand(statusCommand());

try {
  await program.parseAsync();
} catch (error) {
  // A stack trace helps nobody at a terminal; set WEIR_DEBUG=1 to see it.
  const isDebug = (process.env.WEIR_DEBUG ?? '') !== '';
  process.stderr.write(`weir: ${error instanceof Error ? (isDebug ? error.stack : error.message) : String(error)}\n`);
  // At once: threads that a start began before it failed would keep the process.
  process.exit(1);
}
