// A terminal in memory: what somebody sees after a program has written to it, for the sequences that `weir` uses.

/** Characters of two cells, as far as the tests have them: CJK and emoji. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{1f300}-\u{1faff}]/u;
const MARK = /\p{M}/u;
const ESCAPE = '\\x1b';
/** A control sequence, or one character. */
const TOKEN = new RegExp(`${ESCAPE}\\[(\\??)([\\d;]*)([A-Za-z])|[^]`, 'gu');
/** The beginning of a control sequence, whose rest may come later. */
const UNFINISHED = new RegExp(`${ESCAPE}(\\[\\??[\\d;]*)?$`);

export class TerminalScreen {
  rows: number;
  columns: number;
  /** How often a character was written beyond the last column of a row. */
  overflows = 0;
  /** Private modes that are set, such as 1049 for the alternate screen. The cursor, 25, and wrapping, 7, are at first. */
  readonly modes = new Set(['7', '25']);
  #cells: string[][] = [];
  #row = 0;
  #column = 0;
  #rest = '';

  constructor(rows: number, columns: number) {
    this.rows = rows;
    this.columns = columns;
  }

  /** The rows without spaces at their ends. */
  get lines(): string[] {
    return Array.from({ length: this.rows }, (_, row) => (this.#cells[row] ?? []).join('').trimEnd());
  }

  get text(): string {
    return this.lines.join('\n');
  }

  resize(rows: number, columns: number): void {
    [this.rows, this.columns] = [rows, columns];
  }

  write(text: string): void {
    const all = this.#rest + text;
    this.#rest = UNFINISHED.exec(all)?.[0] ?? '';
    for (const [token, mark, values, command] of all.slice(0, all.length - this.#rest.length).matchAll(TOKEN)) {
      if (command !== undefined) this.#command(mark === '?', (values ?? '').split(';'), command);
      else if (token === '\r') this.#column = 0;
      else if (token === '\n') this.#row = Math.min(this.rows - 1, this.#row + 1);
      else this.#print(token);
    }
  }

  #command(isPrivate: boolean, values: readonly string[], command: string): void {
    if (isPrivate && command === 'h') for (const value of values) this.modes.add(value);
    else if (isPrivate && command === 'l') for (const value of values) this.modes.delete(value);
    else if (command === 'H') [this.#row, this.#column] = [Number(values[0] || 1) - 1, Number(values[1] || 1) - 1];
    else if (command === 'K') this.#at(this.#row).length = Math.min(this.#at(this.#row).length, this.#column);
    else if (command === 'J') {
      this.#at(this.#row).length = Math.min(this.#at(this.#row).length, this.#column);
      this.#cells.length = Math.min(this.#cells.length, this.#row + 1);
    } else throw new Error(`the terminal in memory does not know the command ${command}`);
  }

  #print(character: string): void {
    const cells = MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    if (this.#column + cells > this.columns) {
      this.overflows++;
      return;
    }
    const row = this.#at(this.#row);
    if (cells === 0) row[this.#column - 1] += character;
    else row[this.#column] = character;
    if (cells === 2) row[this.#column + 1] = '';
    this.#column += cells;
  }

  #at(row: number): string[] {
    const line = this.#cells[row] ?? [];
    this.#cells[row] = line;
    while (row === this.#row && line.length < this.#column) line.push(' ');
    return line;
  }
}
