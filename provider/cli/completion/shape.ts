// The commands of the command line as a completion script needs them, read from the commands themselves.
import type { Command, Option } from 'commander';

export interface CompletedCommand {
  /** The words of the command, such as `weir token create`. */
  readonly place: string;
  readonly commands: readonly Described[];
  readonly options: readonly CompletedOption[];
  /** Whether an argument of the command is a file. */
  readonly takesFile: boolean;
  /** The values of the command's argument if it has few of them. */
  readonly choices: readonly string[];
}

interface Described {
  readonly name: string;
  readonly description: string;
}

export interface CompletedOption {
  /** The spellings of the option, such as `-h` and `--help`. */
  readonly names: readonly string[];
  readonly description: string;
  /** `undefined` for an option without a value. */
  readonly value: OptionValue | undefined;
}

type OptionValue = 'file' | 'text' | readonly string[];

/** Placeholders of files and directories in options and arguments. */
const FILES = /^(file|dir|path)$/;

/** A command and all commands below it. */
export function completedCommands(command: Command, before = ''): CompletedCommand[] {
  const place = `${before}${command.name()}`;
  const help = command.createHelp();
  const visible = help.visibleCommands(command);
  const described = visible.map((each) => ({ name: each.name(), description: help.subcommandDescription(each) }));
  const args = command.registeredArguments;
  const own: CompletedCommand = {
    place,
    commands: described,
    options: help.visibleOptions(command).map(completedOption),
    takesFile: args.some((argument) => FILES.test(argument.name())),
    choices: args.flatMap((argument) => argument.argChoices ?? []),
  };
  return [own, ...command.commands.flatMap((each) => completedCommands(each, `${place} `))];
}

function completedOption({ flags, short, long, description, argChoices }: Option): CompletedOption {
  const [, placeholder] = /[<[](.+)[>\]]$/.exec(flags) ?? [];
  const names = [short, long].filter((name) => name !== undefined && name !== null);
  if (placeholder === undefined) return { names, description, value: undefined };
  return { names, description, value: argChoices ?? (FILES.test(placeholder) ? 'file' : 'text') };
}

/** The places of all commands but the first, which the words of a command line lead to. */
export function placesBelow([, ...others]: readonly CompletedCommand[]): readonly string[] {
  return others.map(({ place }) => place);
}

/** The options of all commands with their values, each spelled as place and option. */
export function optionValues(commands: readonly CompletedCommand[]): readonly (readonly [string[], OptionValue])[] {
  return commands.flatMap(({ place, options }) =>
    options.flatMap(({ names, value }) =>
      value === undefined ? [] : [[names.map((name) => `${place} ${name}`), value] as const],
    ),
  );
}
