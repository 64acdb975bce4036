// `weir completion`: writes a script with which a shell completes commands, options and their values.
import { Argument, Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { completedCommands } from '../completion/shape.ts';
import { zshScript } from '../completion/zsh.ts';
import { print } from './output.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function completionCommand(): Command {
  return new Command('completion')
    .description('Writes a script with which a shell completes the commands of weir.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
For a session:
  source <(weir completion bash)    in bash and, with zsh in place of bash, in zsh
  weir completion fish | source     in fish
For every session, add that line to ~/.bashrc, ~/.zshrc (below compinit) or ~/.config/fish/config.fish.`,
    )
    .action((shell: keyof typeof SCRIPTS, _flags: object, command: Command) => {
      const program = command.parent ?? command;
      print(SCRIPTS[shell](completedCommands(program)));
    });
}
