#!/usr/bin/env node
// The command line `weir`: checks the version of Node.js, then runs the given command.

// At SIGUSR1, Node opens its debugger on a port of this machine, for every user of it. A handler prevents that.
process.on('SIGUSR1', () => {});
// SIGHUP never ends a runtime. `serve` adds the handler that reloads, when there is something to reload.
if (process.argv[2] === 'serve') process.on('SIGHUP', () => {});

// The version check precedes the imports, because an older Node.js fails at an import with a message that does not
// mention its age.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`weir: this is Node.js ${process.versions.node}, and weir needs 22.19 or newer\n`);
  process.exit(1);
}
const { keepDebuggerClosed } = await import('./debugger.ts');
// A signal that came before the handlers were there may have its effect only now.
keepDebuggerClosed();
const { keepHeapSmall, useCompileCache } = await import('./commands/quick-start.ts');
keepHeapSmall();
useCompileCache();
const { createRequire } = await import('node:module');
const { Command } = await import('commander');
const { backupCommand } = await import('./usage/backup.ts');
const { completionCommand } = await import('./usage/completion.ts');
const { refuseEmptyValues } = await import('./usage/empty-values.ts');
const { exportCommand } = await import('./usage/export.ts');
const { planCommand } = await import('./usage/plan.ts');
const { restoreCommand } = await import('./usage/restore.ts');
const { serveCommand } = await import('./usage/serve.ts');
const { statusCommand } = await import('./usage/status.ts');
const { tokenCommand } = await import('./usage/token.ts');
const { EXIT_CODES, endWithoutOutput, showOnlySeenCharacters, tell } = await import('./commands/output.ts');

const program = new Command('weir')
  .description('Load balancers as desired state: the runtime that the Pulumi provider drives.')
  .version(createRequire(import.meta.url)('pulumi-weir/package.json').version)
  .showHelpAfterError('(weir --help lists the commands)')
  .addCommand(serveCommand())
  .addCommand(statusCommand())
  .addCommand(planCommand())
  .addCommand(exportCommand())
  .addCommand(tokenCommand())
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
