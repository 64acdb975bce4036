// The access log in a worker: it makes the lines, buffers them briefly and posts them to the main thread in batches.
import { Budget, SharedCount } from './budget.ts';
import { type AccessEntry, accessLine } from './line.ts';

const MAX_BATCH_CHARACTERS = 32 * 1024;
const MAX_WAIT_MS = 100;

/** Settings and shared memory of the access log, which a worker gets at its start. */
export interface AccessLogInit {
  /** Fraction of entries that are logged: above 0; 1 logs every entry. */
  readonly sampleRate: number;
  /** The access log budget of this worker thread, made by `createBudget`. */
  readonly budget: SharedArrayBuffer;
  /** The count of dropped lines of all threads, as the memory of a `SharedCount`. */
  readonly dropped: SharedArrayBuffer;
}

export interface Batch {
  readonly text: string;
  readonly lines: number;
}

export class AccessLog {
  readonly #sampleRate: number;
  readonly #budget: Budget;
  readonly #dropped: SharedCount;
  readonly #post: (batch: Batch) => void;
  #text = '';
  #lines = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ sampleRate, budget, dropped }: AccessLogInit, post: (batch: Batch) => void) {
    this.#sampleRate = sampleRate;
    this.#budget = new Budget(budget);
    this.#dropped = new SharedCount(dropped);
    this.#post = post;
  }

  /** Decides once for each entry whether the sample includes it. */
  isSampled(): boolean {
    return this.#sampleRate === 1 || Math.random() < this.#sampleRate;
  }

  record(entry: AccessEntry): void {
    this.#text += accessLine(entry, Date.now(), this.#sampleRate);
    this.#lines++;
    if (this.#text.length >= MAX_BATCH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_WAIT_MS);
  }

  /** Posts the buffered lines, or drops them if too much text waits to be written: traffic never waits for a disk. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [text, lines] = [this.#text, this.#lines];
    if (lines === 0) return;
    this.#text = '';
    this.#lines = 0;
    if (this.#budget.take(text.length)) this.#post({ text, lines });
    else this.#dropped.add(lines);
  }
}
