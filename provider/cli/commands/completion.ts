// `weir completion`: writes a script with which a shell completes commands, options and their values.
import type { Command } from 'commander';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import { completedCommands } from '../completion/shape.ts';
import type { SHELLS } from '../completion/shells.ts';
import { zshScript } from '../completion/zsh.ts';
import { print } from './output.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** `program`: the command line whose commands the script completes. */
export function runCompletion(shell: (typeof SHELLS)[number], program: Command): void {
  print(SCRIPTS[shell](completedCommands(program)));
}
