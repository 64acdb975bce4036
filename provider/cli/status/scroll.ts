// The place of a screen in the lines of a status: moved by keys, and kept when the lines change.
import type { Line } from './view.ts';

/** Movements by lines or pages, or to an end. */
export type Move = 'up' | 'down' | 'pageup' | 'pagedown' | 'home' | 'end';

/** Lines of a listener that stay on the screen while its targets scroll: its own, and that with the columns. */
const LINES_ABOVE = 2;
/** Height from which on these lines stay on the screen. */
const MIN_HEIGHT = 6;

export class Scroll {
  #lines: readonly Line[] = [];
  #top = 0;
  #height = 1;

  /** The first line of the screen, as an index. */
  get top(): number {
    return this.#top;
  }

  /** Takes new lines. The first target on the screen stays there, and if it is gone, the next one that is not. */
  setLines(lines: readonly Line[]): void {
    const before = this.#lines;
    if (this.#top > 0) {
      const places = new Map(lines.map(({ key }, index) => [key, index]));
      const covered = this.#above === undefined ? 0 : LINES_ABOVE;
      const kept = before.slice(this.#top + covered).find(({ key }) => places.has(key));
      if (kept !== undefined) this.#top = (places.get(kept.key) ?? 0) - covered;
    }
    this.#lines = lines;
    this.#clamp();
  }

  setHeight(height: number): void {
    this.#height = Math.max(1, height);
    this.#clamp();
  }

  move(move: Move): void {
    // One line of the page before stays in sight.
    const page = Math.max(1, this.#height - 1 - (this.#height >= MIN_HEIGHT ? HEADING_LINES : 0));
    if (move === 'up') this.#top--;
    else if (move === 'down') this.#top++;
    else if (move === 'pageup') this.#top -= page;
    else if (move === 'pagedown') this.#top += page;
    else this.#top = move === 'home' ? 0 : this.#lines.length;
    this.#clamp();
  }

  /** Indexes of the lines on the screen. The name of a listener and those of the columns stay above its targets. */
  shown(): number[] {
    const count = Math.min(this.#height, this.#lines.length - this.#top);
    const shown = Array.from({ length: Math.max(0, count) }, (_, index) => this.#top + index);
    const above = this.#above ?? [];
    return [...above, ...shown.slice(above.length)];
  }

  /** Indexes of the lines that cover the first lines of the screen. `undefined` if none does. */
  get #above(): Line['above'] {
    const above = this.#lines[this.#top + LINES_ABOVE]?.above;
    return this.#height < MIN_HEIGHT || above === undefined || above[1] > this.#top ? undefined : above;
  }

  #clamp(): void {
    this.#top = Math.max(0, Math.min(this.#top, this.#lines.length - this.#height));
  }
}
