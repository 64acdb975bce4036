// Empty arguments and options, which come from unset variables of a shell and would mean the current folder, say.
import type { Command } from 'commander';

/** Makes a command and its subcommands refuse arguments and options whose value is an empty text. */
export function refuseEmptyValues(program: Command): void {
  program.hook('preAction', (_, command) => {
    const option = command.options.find((each) => isEmpty(command.getOptionValue(each.attributeName())));
    if (option !== undefined) command.error(`error: option '${option.flags}' is empty: give a value, or leave it out`);
    const place = command.args.indexOf('');
    const argument = command.registeredArguments[place]?.name();
    if (argument !== undefined) command.error(`error: argument '${argument}' is empty`);
  });
}

function isEmpty(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.includes(''));
}
