// The arguments of `weir completion`.
import { Argument, Command } from 'commander';
import { SHELLS } from '../completion/shells.ts';

export function completionCommand(): Command {
  return new Command('completion')
    .description('Writes a script with which a shell completes the commands of weir.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
For a session:
  source <(weir completion bash)    in bash and, with zsh in place of bash, in zsh
  weir completion fish | source     in fish
For every session, add that line to ~/.bashrc, ~/.zshrc (below compinit) or ~/.config/fish/config.fish.`,
    )
    .action(async (shell: (typeof SHELLS)[number], _flags: object, command: Command) => {
      const { runCompletion } = await import('../commands/completion.ts');
      runCompletion(shell, command.parent ?? command);
    });
}
