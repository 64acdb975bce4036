// Standard error as the output of a log. A reader that is slow or gone costs lines, and never holds up the runtime.
import { writeSync } from 'node:fs';

/** Limit for the bytes that wait for the reader. */
const MAX_WAITING = 1_000_000;
const RETRY_MS = 100;
/** Longest time for which the end of the process waits for the reader. */
const MAX_END_MS = 1_000;
const END_PAUSE_MS = 20;

export class LogOutput {
  #waiting: Buffer[] = [];
  #bytes = 0;
  #lost = 0;
  #retry: NodeJS.Timeout | undefined;
  readonly #onLost: (lines: number) => void;

  /** `onLost`: called when lines can be written again after some were lost, with the number of lost lines. */
  constructor(onLost: (lines: number) => void) {
    this.#onLost = onLost;
    // A pipe or socket becomes non-blocking when Node.js makes this stream of it, so that `writeSync` never waits.
    process.stderr.on('error', () => {});
    process.on('exit', () => this.#end());
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#bytes + bytes.length > MAX_WAITING) {
      this.#lost += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (this.#retry === undefined) this.#send();
  }

  #send(): void {
    if (this.#sent() === 'EAGAIN') {
      this.#retry = setTimeout(() => {
        this.#retry = undefined;
        this.#send();
      }, RETRY_MS).unref();
    }
    if (this.#bytes > 0 || this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    this.#onLost(lost);
  }

  /**
   * Writes as many bytes as the reader takes. Returns the code of the error because of which others wait, such as
   * `EAGAIN` for a slow reader, `EPIPE` for one that is gone, or `ENOSPC` for a full disk.
   */
  #sent(): string | undefined {
    let rest = Buffer.concat(this.#waiting);
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(2, rest));
      return undefined;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    } finally {
      this.#waiting = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
    }
  }

  #end(): void {
    const deadlineMs = performance.now() + MAX_END_MS;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (this.#sent() === 'EAGAIN' && performance.now() < deadlineMs) Atomics.wait(pause, 0, 0, END_PAUSE_MS);
  }
}
