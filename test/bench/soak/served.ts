// The runtime of a soak: one process after the other on one data directory, with the same listeners.
import { once } from 'node:events';
import { createReadStream, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { establishedTo } from '../../harness/machine/kept-ports.ts';
import { RuntimeProcess, type StartOptions, temporaryDirectory } from '../../harness/runtime/runtime.ts';
import type { CleanUp } from '../clean-up.ts';

const WORKERS = 2;
/** Time in which a worker hands over the last lines of its access log, with a margin. */
export const LOG_MS = 500;
/** A write is repeated for this long while the runtime is busy with a take-over. */
const WRITE_MS = 30_000;

export class Served {
  readonly #cleanUp: CleanUp;
  readonly #options: StartOptions;
  readonly #log: string;
  #current: RuntimeProcess;
  #processes = 1;
  /** Lines of the access log so far, by listener. */
  readonly lines: Record<string, number> = {};

  private constructor(cleanUp: CleanUp, options: StartOptions, log: string, current: RuntimeProcess) {
    this.#cleanUp = cleanUp;
    this.#options = options;
    this.#log = log;
    this.#current = current;
  }

  static async start(cleanUp: CleanUp): Promise<Served> {
    const [dataDirectory, home] = [temporaryDirectory(cleanUp), temporaryDirectory(cleanUp)];
    const log = join(temporaryDirectory(cleanUp), 'access.log');
    const args = ['--workers', `${WORKERS}`, '--access-log', log];
    const options = { dataDirectory, home, api: `127.0.0.1:${await freePort()}`, args };
    return new Served(cleanUp, options, log, await RuntimeProcess.start(cleanUp, options));
  }

  get current(): RuntimeProcess {
    return this.#current;
  }

  get processes(): number {
    return this.#processes;
  }

  /** Writes an object, and repeats the write while the runtime says that it is busy. */
  async write(method: string, path: string, body: object): Promise<void> {
    const endsAtMs = performance.now() + WRITE_MS;
    for (;;) {
      const { status, headers, body: response } = await this.#current.call(method, path, body);
      if (status < 300) return;
      const isLate = performance.now() > endsAtMs;
      if (status !== 503 || isLate) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(response)}`);
      await delay(Number(headers.get('retry-after') ?? '1') * 1000);
    }
  }

  /**
   * Starts a process that takes over the sockets of the current one. Resolves when it serves, with a promise of the end
   * of the former one, which drains.
   */
  async takeOver(): Promise<{ ended: Promise<void> }> {
    const former = this.#current;
    const args = [...(this.#options.args ?? []), '--take-over'];
    this.#current = await RuntimeProcess.start(this.#cleanUp, { ...this.#options, args });
    this.#processes += 1;
    const ended = (async () => {
      // SIGCONT has no effect; `end` waits for the exit.
      const code = await former.end('SIGCONT');
      if (code !== 0) throw new Error(`the former process ended with ${code}: ${former.log()}`);
    })();
    ended.catch(() => {});
    return { ended };
  }

  /** Ends the worker thread with this number; resolves when another one serves in its place. */
  async endWorker(worker: number): Promise<void> {
    await this.#current.done('DELETE', `/v1/workers/${worker % WORKERS}`);
  }

  /** Reads a counter of the current process by listener, added up over all of its series. */
  async counter(name: string, label = ''): Promise<Readonly<Record<string, number>>> {
    const sums: Record<string, number> = {};
    for (const line of (await this.#current.metrics()).split('\n')) {
      const [, labels = '', value] = new RegExp(`^${name}\\{(.*)\\} (\\S+)$`).exec(line) ?? [];
      const listener = /listener="([^"]*)"/.exec(labels)?.[1];
      if (listener === undefined || !labels.includes(label)) continue;
      sums[listener] = (sums[listener] ?? 0) + Number(value);
    }
    return sums;
  }

  /** Counts the open file descriptors of the process, without the connections to its API that the soak keeps. */
  descriptors(): number {
    const { pid, url } = this.#current;
    return readdirSync(`/proc/${pid}/fd`).length - establishedTo(Number(new URL(url).port));
  }

  /** Takes the access log away, counts its lines, and has the runtime open a new one. The clients rest meanwhile. */
  async countLog(): Promise<void> {
    await delay(LOG_MS);
    const taken = `${this.#log}.taken`;
    renameSync(this.#log, taken);
    process.kill(this.#current.pid, 'SIGHUP');
    await delay(LOG_MS);
    const lines = createInterface({ input: createReadStream(taken) });
    lines.on('line', (line) => {
      const { listener } = JSON.parse(line);
      this.lines[listener] = (this.lines[listener] ?? 0) + 1;
    });
    await once(lines, 'close');
    rmSync(taken);
  }
}
