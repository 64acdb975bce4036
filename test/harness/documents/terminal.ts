// A terminal in which the commands of a document are run: each by bash, with the folder and environment that the last one left.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory, until } from '../runtime/runtime.ts';

/** Commands that go on until they are ended, with what they print once they do what the document says. */
const ENDLESS: readonly (readonly [RegExp, RegExp])[] = [
  [/\bweir serve\b(?!.*--help)/, /^weir ready /m],
  [/ status --watch\b/, /^worker /m],
  [/\bcurl -N\b/, /^event: write\ndata: .*\n/m],
];

interface Result {
  readonly code: number;
  readonly text: string;
}

export class Terminal {
  readonly #state: string;
  readonly #running = new Map<string, ChildProcess>();
  /** Those of background processes, which may outlive the command that started them. */
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

  get directory(): string {
    return /^cd '(.*)'$/m.exec(readFileSync(join(this.#state, 'environment'), 'utf8'))?.[1] ?? '';
  }

  /** Both streams of the command together, as a terminal shows them. */
  async run(command: string): Promise<Result> {
    const output = join(this.#state, `output-${this.#count++}`);
    const file = openSync(output, 'w');
    const state = quoted(join(this.#state, 'environment'));
    const script = `set -a\n. ${state}\n${command}\ncode=$?\n{ export -p; printf "cd '%s'\\n" "$PWD"; } > ${state}\nexit $code\n`;
    const child = spawn('bash', ['-c', script], { stdio: ['ignore', file, file], detached: true });
    closeSync(file);
    if (child.pid !== undefined) this.#groups.push(child.pid);
    const text = () => readFileSync(output, 'utf8');
    const exit = once(child, 'exit');
    const sign = ENDLESS.find(([pattern]) => pattern.test(command))?.[1];
    if (sign === undefined) return { code: (await exit)[0] ?? -1, text: text() };
    await until(`what \`${command}\` prints`, () => {
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

  /** Ends the commands that go on and match, as Ctrl-C does; resolves once they have ended. */
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

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
