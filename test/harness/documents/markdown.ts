// Formatting of generated Markdown: tables, anchors, and paragraphs and lists with lines of limited length.

/** Greatest length of a line, in characters. Rows of tables may be longer. */
const WIDTH = 120;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Breaks paragraphs and lists into lines of at most `WIDTH`, and indents each line. Blocks of code stay unchanged. */
export function wrapped(text: string, indent = ''): string {
  const blocks = text.split(/(^```[\s\S]*?^```$)/m);
  const lines = blocks.flatMap((block) => (block.startsWith('```') ? block.split('\n') : wrappedBlock(block, indent)));
  return lines
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Breaks paragraphs and list items into lines. An item of a list ends at the next item or at an empty line. */
function wrappedBlock(block: string, indent: string): string[] {
  return block.split(/\n(?=\s*\n)|\n(?=- |\d\. )/).flatMap((part) => {
    const [, marker = ''] = /^\s*(- |\d\. )?/.exec(part) ?? [];
    const lines: string[] = [''];
    // A code span counts as one word, because a line break would change it.
    for (const word of part.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
      const last = lines.at(-1) ?? '';
      const longer = last.trim() === '' ? `${last}${word}` : `${last} ${word}`;
      if (longer.length + indent.length <= WIDTH) lines[lines.length - 1] = longer;
      else lines.push(`${' '.repeat(marker.length)}${word}`);
    }
    return /^\s*\n/.test(part) && lines[0] !== '' ? ['', ...lines] : lines;
  });
}

/** Anchor that GitHub gives a heading, unless an earlier heading of the page has the same one. */
export function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
