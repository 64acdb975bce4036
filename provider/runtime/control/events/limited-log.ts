// A log whose lines are bounded in rate, so that a flood of requests or health changes does not become one of lines.

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Writes a line of the runtime's log. */
export type WriteLine = (level: Level, message: string, fields?: Record<string, unknown>) => void;

/** Interval for which the lines of one message are counted. */
const INTERVAL_MS = 10_000;
/** Limit for the lines of one message in one interval. */
export const LINES_PER_MESSAGE = 20;
/** Limit for the messages that are counted by themselves. All further messages share the count of one. */
const MAX_MESSAGES = 100;
/** Limit for the characters of one text in a line, because callers choose some of them. */
const MAX_CHARACTERS = 1_000;

interface Kind {
  readonly level: Level;
  readonly message: string;
  lines: number;
}

export class LimitedLog {
  readonly #write: WriteLine;
  readonly #kinds = new Map<string, Kind>();
  #timer: NodeJS.Timeout | undefined;

  constructor(write: WriteLine) {
    this.#write = write;
  }

  /** Writes a line, unless there were too many lines of the same message. Those are told as one number later. */
  readonly log: WriteLine = (level, message, fields = {}) => {
    const key = this.#kinds.has(message) || this.#kinds.size < MAX_MESSAGES ? message : '';
    const kind = this.#kinds.get(key) ?? { level, message: key === '' ? 'other lines' : message, lines: 0 };
    this.#kinds.set(key, kind);
    kind.lines += 1;
    this.#timer ??= setTimeout(() => this.close(), INTERVAL_MS).unref();
    if (kind.lines <= LINES_PER_MESSAGE) this.#write(level, message, bounded(fields));
  };

  /** Ends the interval, and tells how many lines were left out in it. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    for (const { level, message, lines } of kinds) {
      const omitted = lines - LINES_PER_MESSAGE;
      if (omitted > 0) this.#write(level, 'lines were left out, because there were too many', { of: message, omitted });
    }
  }
}

function bounded(fields: Record<string, unknown>): Record<string, unknown> {
  const cut = (value: unknown) =>
    typeof value === 'string' && value.length > MAX_CHARACTERS ? `${value.slice(0, MAX_CHARACTERS)}...` : value;
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, cut(value)]));
}
