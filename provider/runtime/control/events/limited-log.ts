// A log whose lines are bounded in rate, so that a flood of requests or health changes does not become one of lines.

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Fields of a line, without the names that each line has already: some readers refuse a line with one name twice. */
type Fields = Readonly<Record<string, unknown>> & { readonly [N in Taken]?: never };
type Taken = 'level' | 'time' | 'pid' | 'hostname' | 'name' | 'msg';

/** Writes a line of the runtime's log. */
export type WriteLine = (level: Level, message: string, fields?: Fields) => void;

/** Interval for which the lines of one message are counted. */
const INTERVAL_MS = 10_000;
/** Limit for the lines of one message in one interval. */
const LINES_PER_MESSAGE = 20;
/** Limit for the messages that are counted by themselves. All further messages share the count of one. */
const MAX_MESSAGES = 100;
/** Limit for the characters of all texts in a line, and for the items of a list, because callers choose some of them. */
const MAX_CHARACTERS = 2_000;
const MAX_ITEMS = 20;

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

/** The fields with long texts cut and long lists shortened. */
function bounded(fields: Fields): Fields {
  let left = MAX_CHARACTERS;
  const cut = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const shown = value.length > left ? `${value.slice(0, left)}...` : value;
      left = Math.max(0, left - value.length);
      return shown;
    }
    if (Array.isArray(value)) {
      const omitted = value.length - MAX_ITEMS;
      return [...value.slice(0, MAX_ITEMS).map(cut), ...(omitted > 0 ? [`and ${omitted} more`] : [])];
    }
    if (typeof value !== 'object' || value === null || value instanceof Error) return value;
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, cut(part)]));
  };
  return cut(fields) as Fields;
}
