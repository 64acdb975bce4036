// The command line of run.mjs: everything from the first word on belongs to the command.

export const USAGE = `Usage: node .toolchain/run.mjs COMMAND [ARGUMENT...]

Runs COMMAND in the current folder with Node, the Pulumi CLI and the
repository's npm packages on PATH, and first installs what is missing. The
installed programs are kept in a cache folder, which WEIR_CACHE can name.

For example: node .toolchain/run.mjs pulumi version
`;

/**
 * Parses the arguments of run.mjs: an option of its own, or a command to run.
 * @param {string[]} args
 * @returns {{ kind: 'run', command: string, args: string[] } | { kind: 'usage', exitCode: number }}
 */
export function parseArguments(args) {
  const [first, ...rest] = args;
  if (first === '-h' || first === '--help') return { kind: 'usage', exitCode: 0 };
  if (first === '--') return parseCommand(rest);
  if (first?.startsWith('-')) return { kind: 'usage', exitCode: 2 };
  return parseCommand(args);
}

/**
 * Parses the words behind the options of run.mjs: the first one is the command, and the rest are its arguments.
 * @param {string[]} words
 * @returns {{ kind: 'run', command: string, args: string[] } | { kind: 'usage', exitCode: number }}
 */
function parseCommand([command, ...args]) {
  return command ? { kind: 'run', command, args } : { kind: 'usage', exitCode: 2 };
}
