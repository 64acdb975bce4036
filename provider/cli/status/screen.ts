// The screen of `weir status --watch`: redrawn in place, scrolled by keys, and left as it was found.
import { emitKeypressEvents, type Key } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { inOneLine } from '../../model/base/one-line.ts';
import { cutTo, wrappedTo } from '../text/cells.ts';
import { type Move, Scroll } from './scroll.ts';
import { textsOf, type View } from './view.ts';

/** A screen of its own without cursor, in which a line that is too long does not wrap. */
const OPEN = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const CLOSE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Size of a terminal that does not know its own. */
const DEFAULT_SIZE = { rows: 24, columns: 80 };
/** Share of the screen that a message may take. */
const MESSAGE_SHARE = 1 / 3;
/** Time after Ctrl-Z after which a process that was not stopped, or is continued, opens its screen again. */
const RETURN_AFTER_MS = 50;

/** Keys by their names, with those of `less` and `vi`. */
const MOVES: Readonly<Record<string, Move>> = {
  ...{ up: 'up', k: 'up', down: 'down', j: 'down', return: 'down', enter: 'down' },
  ...{ pageup: 'pageup', b: 'pageup', pagedown: 'pagedown', space: 'pagedown', f: 'pagedown' },
  ...{ home: 'home', g: 'home', end: 'end', G: 'end' },
};

interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Called when the user quits, by `q` or Ctrl-C. */
  readonly onQuit: () => void;
}

/** The width of a terminal in cells. Returns `undefined` for an output that is no terminal. */
export function cellsIn({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }) {
  return isTTY === true ? columns || DEFAULT_SIZE.columns : undefined;
}

export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #onQuit: () => void;
  readonly #scroll = new Scroll();
  #head = '';
  #view: View = { lines: [], columns: [] };
  /** The texts of the view's lines for the present width. */
  #textAt: (index: number) => string = () => '';
  #isOpen = false;

  constructor({ input, output, onQuit }: Terminal) {
    this.#input = input;
    this.#output = output;
    this.#onQuit = onQuit;
  }

  /** Opens the screen, which closes with the process. Without keys, for an input that is no terminal, it cannot scroll. */
  open(): void {
    this.#enter();
    process.on('exit', () => this.close());
    process.on('SIGCONT', () => this.#enter());
    for (const signal of ['SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        this.close();
        process.kill(process.pid, signal);
      });
    this.#output.on('resize', () => this.#resized());
    if (!this.#input.isTTY) return;
    emitKeypressEvents(this.#input);
    this.#input.on('keypress', (text: string | undefined, key: Key) => this.#pressed(text, key));
    this.#input.resume();
  }

  /** Gives the terminal back as it was. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#output.write(CLOSE);
  }

  /** Shows a status with a line above it. */
  show(head: string, view: View): void {
    this.#head = inOneLine(head);
    this.#view = view;
    this.#scroll.setLines(view.lines);
    this.#resized();
  }

  /** Shows a message above the status that was shown last. */
  showMessage(message: string): void {
    this.#head = inOneLine(message);
    this.#draw();
  }

  #enter(): void {
    this.#isOpen = true;
    if (this.#input.isTTY) this.#input.setRawMode(true);
    this.#output.write(OPEN);
    this.#draw();
  }

  #pressed(text: string | undefined, { name = '', ctrl }: Key): void {
    if (ctrl) {
      if (name === 'c') this.#onQuit();
      if (name === 'z') this.#suspend();
      if (name === 'l') this.#draw();
      return;
    }
    const move = MOVES[text ?? ''] ?? MOVES[name];
    if (name === 'q') this.#onQuit();
    if (move === undefined) return;
    this.#scroll.move(move);
    this.#draw();
  }

  /** Stops the process as a shell expects it at Ctrl-Z. Without a shell that could continue it, the system does not. */
  #suspend(): void {
    this.close();
    process.kill(0, 'SIGTSTP');
    setTimeout(() => this.#enter(), RETURN_AFTER_MS);
  }

  #resized(): void {
    this.#textAt = textsOf(this.#view, this.#columns);
    this.#draw();
  }

  get #columns(): number {
    return this.#output.columns || DEFAULT_SIZE.columns;
  }

  #draw(): void {
    if (!this.#isOpen) return;
    const rows = this.#output.rows || DEFAULT_SIZE.rows;
    const columns = this.#columns;
    const head = this.#head === '' ? [] : wrappedTo(this.#head, columns).slice(0, Math.max(1, rows * MESSAGE_SHARE));
    const height = rows - head.length - 1;
    this.#scroll.setHeight(height);
    const body = this.#scroll.shown().map((index) => this.#textAt(index));
    const filled = [...body, ...Array.from({ length: Math.max(0, height - body.length) }, () => '')];
    const lines = [...head, ...filled, this.#foot(height)].slice(0, rows).map((line) => cutTo(line, columns));
    // Each line overwrites the previous one and erases its rest, because clearing the screen first would flicker.
    this.#output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  #foot(height: number): string {
    const count = this.#view.lines.length;
    const first = this.#scroll.top + 1;
    const place = count > height ? `lines ${first}-${Math.min(count, first + height - 1)} of ${count}` : '';
    const keys = this.#input.isTTY ? `q: quit${place === '' ? '' : '  Up Down PgUp PgDn Home End: scroll'}` : '';
    return [place, keys].filter((part) => part !== '').join('  ');
  }
}
