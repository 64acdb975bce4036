#!/usr/bin/env node
// The command line `weir`: reads flags and environment and calls the command.

// Before the rest is loaded: an older Node.js would fail there, with a message that says nothing of its age.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`weir: this is Node.js ${process.versions.node}, and weir needs 22.19 or newer\n`);
  process.exit(1);
}
const { createRequire } = await import('node:module');
const { Command } = await import('commander');
const { exportCommand } = await import('./commands/export.ts');
const { planCommand } = await import('./commands/plan.ts');
const { serveCommand } = await import('./commands/serve.ts');
const { statusCommand } = await import('./commands/status.ts');
const { tokenCommand } = await import('./commands/token.ts');

const program = new Command('weir')
  .description('Load balancers as desired state: the runtime that the Pulumi provider drives.')
  .version(createRequire(import.meta.url)('pulumi-weir/package.json').version)
  .showHelpAfterError('(weir --help lists the commands)')
  .addCommand(serveCommand())
  .addCommand(statusCommand())
  .addCommand(planCommand())
  .addCommand(exportCommand())
  .addCommand(tokenCommand());

try {
  await program.parseAsync();
} catch (error) {
  // A stack trace helps nobody at a terminal; set WEIR_DEBUG=1 to see it.
  const isDebug = (process.env.WEIR_DEBUG ?? '') !== '';
  process.stderr.write(`weir: ${error instanceof Error ? (isDebug ? error.stack : error.message) : String(error)}\n`);
  // At once: threads that a start began before it failed would keep the process.
  process.exit(1);
}
