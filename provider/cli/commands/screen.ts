// Output of `weir status --watch`: a terminal is redrawn in place, any other output gets one text after the other.
import { inLines } from '../../model/base/one-line.ts';

interface Output {
  readonly isTTY?: boolean;
  /** Height of the terminal in rows; 0 if the terminal does not know its size. */
  readonly rows?: number;
  readonly columns?: number;
  write(text: string): unknown;
}

export function showOn(output: Output, text: string): void {
  if (!output.isTTY) {
    output.write(`${inLines(text.trimEnd())}\n\n`);
    return;
  }
  const lines = inLines(text.trimEnd()).split('\n');
  // The last row of the terminal stays free, because a line break there would scroll.
  const shown = cutTo(Math.max(1, (output.rows || 24) - 1), output.columns || 80, lines);
  // Each line overwrites the previous one and erases its rest, because clearing the screen first would flicker.
  output.write(`\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
}

/**
 * The lines that fit into `rows`. A line longer than `columns` takes several rows; the last row counts the lines left
 * out.
 */
function cutTo(rows: number, columns: number, lines: readonly string[]): readonly string[] {
  const heights = lines.map((line) => Math.max(1, Math.ceil(line.length / columns)));
  if (heights.reduce((sum, height) => sum + height, 0) <= rows) return lines;
  let free = rows - 1;
  const cutAt = heights.findIndex((height) => {
    free -= height;
    return free < 0;
  });
  return [...lines.slice(0, cutAt), `... ${lines.length - cutAt} more lines`];
}
