// The access log in the main thread: it appends the workers' lines and gives their budget back.
import type { AccessLogInit, Batch } from '../access-log/access-log.ts';
import { Budget, createBudget, SharedCount } from '../access-log/budget.ts';

/** The sample rate and the destination of the access log. */
export interface AccessLogOptions {
  /** Fraction of entries that are logged: above 0; 1 logs every exchange, connection and session. */
  readonly sampleRate: number;
  /** Appends whole lines. Resolves with `true` when they are written, or with `false` when they are given up. */
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

  /**
   * Returns the access log data for a new worker thread. Each thread gets a new budget, because an ended thread never
   * gives back its share of the old one.
   */
  init(): AccessLogInit {
    return { sampleRate: this.#options.sampleRate, budget: createBudget(), dropped: this.#droppedLines.cells };
  }

  async append({ text, lines }: Batch, { budget }: AccessLogInit): Promise<void> {
    const isWritten = await this.#options.append(text);
    new Budget(budget).give(text.length);
    if (!isWritten) this.#droppedLines.add(lines);
  }
}
