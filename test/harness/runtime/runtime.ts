// A real `weir serve` process with a temporary data directory, which ends with the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The entry file of the command `weir` in this checkout. */
export const MAIN = fileURLToPath(new URL('../../../provider/cli/main.ts', import.meta.url));

export interface ReceivedResponse {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on what it reads.
  body: any;
}

export class RuntimeProcess {
  readonly dataDirectory: string;
  readonly home: string;
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(dataDirectory: string, home: string, url: string, child: ChildProcess, log: () => string) {
    this.dataDirectory = dataDirectory;
    this.home = home;
    this.url = url;
    this.#child = child;
    this.log = log;
  }

  /** Returns everything that the process has written to stderr. */
  readonly log: () => string;

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get token(): string {
    return readFileSync(join(this.dataDirectory, 'admin-token'), 'utf8').trim();
  }

  /**
   * Starts a runtime; resolves when it is ready. The runtime ends with the test. `dataDirectory` continues on the data
   * of an earlier runtime.
   */
  static async start(t: Pick<TestContext, 'after'>, options: StartOptions = {}): Promise<RuntimeProcess> {
    const { disk } = options;
    const dataDirectory = disk?.seen ?? options.dataDirectory ?? temporaryDirectory(t);
    const home = options.home ?? temporaryDirectory(t);
    const imports = (options.imports ?? []).flatMap((url) => ['--import', url.href]);
    const data = disk?.folder ?? dataDirectory;
    const args = ['serve', '--data', data, '--api', options.api ?? '127.0.0.1:0', ...(options.args ?? [])];
    const limit = options.openFiles === undefined ? [] : ['sh', '-c', `ulimit -n ${options.openFiles}; exec "$0" "$@"`];
    const enter = [...limit, ...(disk?.enter ?? [])];
    const run = [process.execPath, ...imports, options.main ?? MAIN, ...args];
    const [program = '', ...rest] = [...enter, ...run];
    const child = spawn(program, rest, {
      env: { ...process.env, HOME: home, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => end(child, 'SIGKILL'));
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      log += text;
    });
    const url = await readyUrl(child, () => log);
    return new RuntimeProcess(dataDirectory, home, url, child, () => log);
  }

  /** Calls the API with the administrator's token. `path` begins with "/v1/". */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ReceivedResponse> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Calls the API and returns the body of the response; any status other than success fails the test. */
  async done(method: string, path: string, body?: unknown): Promise<ReceivedResponse['body']> {
    const response = await this.call(method, path, body);
    if (response.status >= 300)
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return response.body;
  }

  /** Reads the text of /metrics. */
  async metrics(): Promise<string> {
    const response = await fetch(`${this.url}/metrics`, { headers: { authorization: `Bearer ${this.token}` } });
    return await response.text();
  }

  /**
   * Reads the value of one series of /metrics, such as `weir_stored_version`. Returns NaN if the series does not exist.
   */
  async metric(series: string): Promise<number> {
    const line = (await this.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
    return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
  }

  /** Ends the process with a signal. Resolves with the exit code, or with the signal that ended the process. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    return end(this.#child, signal);
  }
}

export interface StartOptions {
  dataDirectory?: string;
  /** A disk of its own, whose folder is the data directory. */
  disk?: { readonly folder: string; readonly seen: string; readonly enter: readonly string[] };
  home?: string;
  api?: string;
  args?: readonly string[];
  /** Limit of open files of the process, soft and hard. */
  openFiles?: number;
  /** Modules that are loaded before the program, in workers too. */
  imports?: readonly URL[];
  env?: Readonly<Record<string, string>>;
  /** Entry file of the `weir` command of another checkout. */
  main?: string;
}

export function temporaryDirectory(t: Pick<TestContext, 'after'>): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Polls until `look` returns a value other than `undefined`. Throws after 30 s, a limit that only a very busy machine
 * comes near.
 */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited 30 s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode ?? child.signalCode;
}

async function readyUrl(child: ChildProcess, log: () => string): Promise<string> {
  // Waits for 'close' instead of 'exit', because output may follow the event 'exit'.
  const exited = once(child, 'close').then(([code]) => {
    throw new Error(`weir serve ended with ${code}: ${log()}`);
  });
  const ready = (async () => {
    if (child.stdout === null) throw new Error('no stdout');
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^weir ready api=(\S+) pid=\d+$/.exec(line)?.[1];
      if (url !== undefined) return url;
    }
    return await exited;
  })();
  exited.catch(() => {});
  return Promise.race([ready, exited]);
}
