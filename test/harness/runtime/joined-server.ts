// A real `weir join` process, which ends with the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { MAIN, until } from './runtime.ts';

interface JoinOptions {
  readonly endpoint: string;
  /** The token; the file of the administrator's token below `home` unless given. */
  readonly token?: string;
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class JoinedServer {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
  }

  /** Starts `weir join` with the given arguments, without waiting for anything. */
  static start(t: Pick<TestContext, 'after'>, args: readonly string[], options: JoinOptions): JoinedServer {
    const { endpoint, token = '', home, env } = options;
    const child = spawn(process.execPath, [MAIN, 'join', ...args], {
      env: { ...process.env, HOME: home, WEIR_ENDPOINT: endpoint, WEIR_TOKEN: token, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new JoinedServer(child);
    t.after(() => server.end('SIGKILL'));
    return server;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Resolves when the process has said so often that its server is a member, for the first time or again. */
  async isMember(times = 1): Promise<void> {
    const lines = () => this.#stdout.split('\n').filter((line) => / is a member of /.test(line)).length;
    await until(`the member; ${this.#stderr}`, () => lines() >= times || this.#child.exitCode !== null || undefined);
    if (lines() < times) throw new Error(`weir join ended with ${this.#child.exitCode}: ${this.#stderr}`);
  }

  /** Resolves with the exit code, or the signal that ended the process. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill(signal);
    return await this.ended();
  }
}
