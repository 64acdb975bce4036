// Where `weir status --watch` shows itself: a terminal is redrawn in place, anything else gets one text after the other.
export interface Output {
  readonly isTTY?: boolean;
  readonly rows?: number;
  write(text: string): unknown;
}

export function showOn(output: Output, text: string): void {
  if (!output.isTTY) {
    output.write(`${text.trimEnd()}\n\n`);
    return;
  }
  const lines = text.trimEnd().split('\n');
  // The last row stays free: a line break there would scroll.
  const room = Math.max(1, (output.rows ?? 24) - 1);
  const shown =
    lines.length > room ? [...lines.slice(0, room - 1), `... ${lines.length - room + 1} more lines`] : lines;
  // Each line is written over the one before it and its rest is erased: clearing the screen first would flicker.
  output.write(`\x1b[H${shown.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
}
