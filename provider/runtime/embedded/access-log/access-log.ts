// A worker's end of the access log: makes the lines, keeps them for a moment and posts them to the main thread together.
import { Budget, SharedCount } from './budget.ts';
import { type AccessEntry, accessLine } from './line.ts';

const MAX_BATCH_CHARACTERS = 32 * 1024;
const MAX_WAIT_MS = 100;

/** What a worker gets at its start, where there is an access log. */
export interface AccessLogInit {
  /** Above 0; 1 is every entry. */
  readonly sampleRate: number;
  /** Of this thread, of createBudget. */
  readonly budget: SharedArrayBuffer;
  /** Of all threads, of SharedCount. */
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

  /** To be asked once for each entry: false for those that the sample leaves out. */
  isSampled(): boolean {
    return this.#sampleRate === 1 || Math.random() < this.#sampleRate;
  }

  record(entry: AccessEntry): void {
    this.#text += accessLine(entry, Date.now(), this.#sampleRate);
    this.#lines++;
    if (this.#text.length >= MAX_BATCH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), MAX_WAIT_MS);
  }

  /** Posts what is kept. Where too much waits to be written already, it is dropped: traffic never waits for a disk. */
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
