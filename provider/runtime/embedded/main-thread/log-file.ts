// The access log file in the main thread: it is written by one write at a time and can be reopened for rotation.
import { close, constants, open, write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const STDERR = 2;
const LF = 0x0a;
/** Opens without blocking: a named pipe without a reader is an error, and a full pipe holds up no thread. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** Only owner and group may read the file, because it contains clients' addresses. */
const MODE = 0o640;
/** Wait between two writes to a full pipe. */
const RETRY_MS = 20;
const COMPLAIN_EVERY_MS = 60_000;
/** How long close() waits until queued lines are written; lines that are not written by then are lost. */
const FLUSH_MS = 2_000;
/** How long close() waits for the write in progress, which may never return. */
const CLOSE_MS = 100;

const openFile = promisify(open);
const closeFile = promisify(close);
const writeFile = promisify(write);

export class LogFile {
  readonly #path: string;
  readonly #onError: (error: unknown) => void;
  #descriptor: number;
  #last: Promise<unknown> = Promise.resolve();
  /** True if the log file ends in the middle of a line. */
  #isCut = false;
  #isClosing = false;
  #complainedAtMs = Number.NEGATIVE_INFINITY;

  /** Opens the file; rejects if it cannot be opened for writing. `onError` gets later errors, at most once a minute. */
  static async open(path: string, onError: (error: unknown) => void): Promise<LogFile> {
    return new LogFile(path, await openPath(path), onError);
  }

  private constructor(path: string, descriptor: number, onError: (error: unknown) => void) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#onError = onError;
  }

  /** Appends whole lines. Resolves with `true` when they are written, or `false` when they are given up. */
  append(text: string): Promise<boolean> {
    return this.#inOrder(() => this.#write(text));
  }

  /** Opens the path again after the file was moved away. Later lines go to a new file. */
  reopen(): Promise<void> {
    return this.#inOrder(async () => {
      try {
        const descriptor = await openPath(this.#path);
        const old = this.#descriptor;
        this.#descriptor = descriptor;
        this.#isCut = false;
        await closePath(old);
      } catch (error) {
        this.#onError(error);
      }
    });
  }

  async close(): Promise<void> {
    await Promise.race([this.#last, sleep(FLUSH_MS, undefined, { ref: false })]);
    this.#isClosing = true;
    const closed = this.#inOrder(() => closePath(this.#descriptor));
    await Promise.race([closed, sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  #inOrder<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#last.then(step);
    this.#last = result;
    return result;
  }

  async #write(text: string): Promise<boolean> {
    const bytes = Buffer.from(this.#isCut ? `\n${text}` : text);
    let at = 0;
    while (at < bytes.length) {
      try {
        at += (await writeFile(this.#descriptor, bytes, at)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && !this.#isClosing) {
          await sleep(RETRY_MS);
          continue;
        }
        if (at > 0) this.#isCut = bytes[at - 1] !== LF;
        this.#complain(error);
        return false;
      }
    }
    this.#isCut = false;
    return true;
  }

  #complain(error: unknown): void {
    const now = performance.now();
    if (now - this.#complainedAtMs < COMPLAIN_EVERY_MS) return;
    this.#complainedAtMs = now;
    this.#onError(error);
  }
}

/** Opens a path. `/dev/stderr` is the inherited descriptor, because it may be a socket, whose path cannot be opened. */
function openPath(path: string): Promise<number> {
  return path === '/dev/stderr' ? Promise.resolve(STDERR) : openFile(path, FLAGS, MODE);
}

async function closePath(descriptor: number): Promise<void> {
  if (descriptor !== STDERR) await closeFile(descriptor);
}
