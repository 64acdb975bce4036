// What the commands write to a terminal, in which no name or response may move the cursor or hide other text.
import type { Command } from 'commander';
import { inLines, inOneLine } from '../../model/base/one-line.ts';

/** What the exit code of a command says, for the help of each command. */
export const EXIT_CODES = `
Exit codes:
  0  The command is done. \`weir serve\` and \`weir join\` end so after SIGTERM and Ctrl-C.
  1  An error, also of usage: the standard error says which.
  2  \`weir plan --fail-on\`: the plan has one of the warnings.`;

/**
 * Ends the process if standard output cannot be written: in silence if its reader has read enough, as `head` does, else
 * with an error.
 */
export function endWithoutOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit();
  tell(`weir: standard output cannot be written: ${message}\n`);
  process.exit(1);
}

/** Writes a result to standard output. */
export function print(text: string): void {
  process.stdout.write(inLines(text));
}

/** Writes a message for the user to standard error. */
export function tell(text: string): void {
  process.stderr.write(inLines(text));
}

/** Makes a command and its subcommands write help and errors by `print` and `tell`, because errors repeat arguments. */
export function showOnlySeenCharacters(command: Command): void {
  command.configureOutput({ writeOut: print, writeErr: tell, outputError: tellUsage });
  for (const below of command.commands) showOnlySeenCharacters(below);
}

/** Writes an error of usage in one line, although its argument may have several. A suggestion has a line of its own. */
function tellUsage(text: string, write: (text: string) => void): void {
  const [, error = text, suggestion = ''] = /^(.*?)(\n\(Did you mean [^()]*\?\))?\n$/s.exec(text) ?? [];
  write(`${inOneLine(error)}${suggestion}\n`);
}
