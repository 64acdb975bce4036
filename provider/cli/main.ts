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
void run();

/** A function, because only an ES module may wait outside of one, and the command of the published package is none. */
async function run(): Promise<void> {
  const { keepDebuggerClosed } = await import('./debugger.ts');
  // A signal that came before the handlers were there may have its effect only now.
  keepDebuggerClosed();
  const { useCompileCache } = await import('./commands/quick-start.ts');
  useCompileCache();
  const { runProgram } = await import('./program.ts');
  await runProgram();
}
