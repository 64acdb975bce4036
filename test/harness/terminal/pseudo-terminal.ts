// A program in a real pseudo-terminal, which a test resizes and types into.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { until } from '../runtime/runtime.ts';
import { TerminalScreen } from './terminal-screen.ts';

/** Lines on standard input say what is typed, in hexadecimal, or the new size. */
const RELAY = `
import fcntl, os, pty, select, struct, sys, termios
def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))
pid, terminal = pty.fork()
if pid == 0:
    resize(0, sys.argv[1], sys.argv[2])
    os.execvp(sys.argv[3], sys.argv[3:])
pending = b''
while True:
    ready, _, _ = select.select([0, terminal], [], [])
    if terminal in ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b''
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        pending += data
        *lines, pending = pending.split(b'\\n')
        for line in lines:
            command, *values = line.decode().split(' ')
            if command == 'type':
                os.write(terminal, bytes.fromhex(values[0]))
            else:
                resize(terminal, *values)
os.close(terminal)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`;

export class PseudoTerminal {
  readonly screen: TerminalScreen;
  /** Everything that the program has written. */
  written = '';
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;

  constructor(
    t: Pick<TestContext, 'after'>,
    command: readonly string[],
    { rows, columns, env }: { rows: number; columns: number; env: NodeJS.ProcessEnv },
  ) {
    this.screen = new TerminalScreen(rows, columns);
    const args = ['-c', RELAY, `${rows}`, `${columns}`, ...command];
    this.#child = spawn('python3', args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#exit = once(this.#child, 'exit');
    t.after(() => this.#child.kill('SIGKILL'));
    this.#child.stdin?.on('error', () => {});
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.written += text;
      this.screen.write(text);
    });
  }

  type(keys: string): void {
    this.#child.stdin?.write(`type ${Buffer.from(keys).toString('hex')}\n`);
  }

  resize(rows: number, columns: number): void {
    this.screen.resize(rows, columns);
    this.#child.stdin?.write(`resize ${rows} ${columns}\n`);
  }

  /** Waits until the screen shows the pattern. */
  async shows(pattern: RegExp): Promise<void> {
    try {
      await until(`${pattern} on the screen`, () => pattern.test(this.screen.text) || undefined);
    } catch (error) {
      throw new Error(`${(error as Error).message}; the screen has\n${this.screen.text}`);
    }
  }

  /** Waits for the end of the program. Returns its exit code. */
  async ended(): Promise<unknown> {
    return (await this.#exit)[0];
  }
}
