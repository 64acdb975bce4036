// The main thread's end of the access log: takes the workers' lines, and gives back the budget that they took.
import type { AccessLogInit, Batch } from '../access-log/access-log.ts';
import { Budget, createBudget, SharedCount } from '../access-log/budget.ts';

/** Where the access log goes. */
export interface AccessLogOptions {
  /** Above 0; 1: a line for every exchange, connection and session. */
  readonly sampleRate: number;
  /** Whole lines; resolves when they are written, or with false when they are given up. */
  readonly append: (text: string) => Promise<boolean>;
}

export class AccessLogIntake {
  readonly #options: AccessLogOptions;
  readonly #droppedLines = new SharedCount();

  constructor(options: AccessLogOptions) {
    this.#options = options;
  }

  get droppedLines(): number {
    return this.#droppedLines.value;
  }

  /** For one thread: what it has taken of its budget is lost with it. */
  init(): AccessLogInit {
    return { sampleRate: this.#options.sampleRate, budget: createBudget(), dropped: this.#droppedLines.cells };
  }

  async append({ text, lines }: Batch, { budget }: AccessLogInit): Promise<void> {
    const isWritten = await this.#options.append(text);
    new Budget(budget).give(text.length);
    if (!isWritten) this.#droppedLines.add(lines);
  }
}
