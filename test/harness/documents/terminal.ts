// A terminal for the commands of a document. Each command keeps the folder and environment of the one before.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory, until } from '../runtime/runtime.ts';

/** Patterns of commands that run until a signal ends them, each with a pattern of the output that shows success. */
const ENDLESS: readonly (readonly [RegExp, RegExp])[] = [
  [/\bweir serve\b(?!.*--help)/, /^weir ready /m],
  [/ status --watch\b/, /^worker /m],
  [/\bweir join\b(?!.*--help)/, / is a member of /],
  [/\bcurl -N\b/, /^event: write\ndata: .*\n/m],
];

interface Result {
  readonly code: number;
  readonly text: string;
}

export class Terminal {
  /** Folder with the outputs of the commands and the script `environment`, which restores folder and environment. */
  readonly #state: string;
  /** Endless commands that still run, with their processes. */
  readonly #running = new Map<string, ChildProcess>();
  /** Process groups of all commands. Background processes of a group may outlive the command that started them. */
  readonly #groups: number[] = [];
  #count = 0;

  constructor(t: Pick<TestContext, 'after'>, directory: string, environment: Readonly<Record<string, string>>) {
    this.#state = temporaryDirectory(t);
    const exports = Object.entries({ ...environment, PWD: directory }).map(
      ([name, value]) => `export ${name}=${quoted(value)}`,
    );
    writeFileSync(join(this.#state, 'environment'), `${exports.join('\n')}\ncd ${quoted(directory)}\n`);
    t.after(() => {
      for (const pid of this.#groups) endGroup(pid, 'SIGKILL');
    });
  }

  /** Current folder of the terminal, in which the next command runs. */
  get directory(): string {
    return /^cd '(.*)'$/m.exec(readFileSync(join(this.#state, 'environment'), 'utf8'))?.[1] ?? '';
  }

  /**
   * Runs a command with bash. Resolves when the command has ended, or when an endless command has printed its sign of
   * success. The text of the result is standard output and standard error in the order of printing.
   */
  async run(command: string): Promise<Result> {
    const output = join(this.#state, `output-${this.#count++}`);
    const file = openSync(output, 'w');
    const state = quoted(join(this.#state, 'environment'));
    const script = `set -a\n. ${state}\n${command}\ncode=$?\n{ export -p; printf "cd '%s'\\n" "$PWD"; } > ${state}\nexit $code\n`;
    // With this variable of the test that runs the tour, `node --test` would skip its files and succeed.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', file, file], detached: true, env });
    closeSync(file);
    if (child.pid !== undefined) this.#groups.push(child.pid);
    const text = () => readFileSync(output, 'utf8');
    const exit = once(child, 'exit');
    const sign = ENDLESS.find(([pattern]) => pattern.test(command))?.[1];
    if (sign === undefined) return { code: (await exit)[0] ?? -1, text: text() };
    await until(`the expected output of \`${command}\``, () => {
      if (child.exitCode !== null) throw new Error(`\`${command}\` ended with ${child.exitCode}:\n${text()}`);
      return sign.test(text()) || undefined;
    });
    this.#running.set(command, child);
    return { code: 0, text: text() };
  }

  /** Sends a signal to the processes of the commands that go on and match. */
  signal(pattern: RegExp, signal: NodeJS.Signals): void {
    for (const [command, { pid }] of this.#running) {
      if (!pattern.test(command)) continue;
      // The shell of the command is not the one that the signal is meant for.
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      for (const child of children) process.kill(Number(child), signal);
    }
  }

  /** Interrupts the running commands that match the pattern, as Ctrl-C does. Resolves when all of them have ended. */
  async end(pattern: RegExp): Promise<void> {
    for (const [command, child] of this.#running) {
      if (!pattern.test(command)) continue;
      this.#running.delete(command);
      const exit = once(child, 'exit');
      if (child.pid !== undefined) endGroup(child.pid, 'SIGINT');
      if (child.exitCode === null) await exit;
    }
  }
}

/** Quotes a text for bash. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Sends a signal to a process group. A group that has ended already is no error. */
function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
