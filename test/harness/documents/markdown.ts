// Markdown that reads well in a terminal too: tables, and paragraphs and lists of lines that fit an editor.

const WIDTH = 120;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Breaks the lines of a text anew, apart from code; `indent` stands before each line. */
export function wrapped(text: string, indent = ''): string {
  const blocks = text.split(/(^```[\s\S]*?^```$)/m);
  const lines = blocks.flatMap((block) => (block.startsWith('```') ? block.split('\n') : wrappedBlock(block, indent)));
  return lines
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Paragraphs and items of lists; an item ends where the next one begins. */
function wrappedBlock(block: string, indent: string): string[] {
  return block.split(/\n(?=\s*\n)|\n(?=- |\d\. )/).flatMap((part) => {
    const [, marker = ''] = /^\s*(- |\d\. )?/.exec(part) ?? [];
    const lines: string[] = [''];
    // A piece of code is one word.
    for (const word of part.match(/(?:`[^`]*`|[^\s`])+/g) ?? []) {
      const last = lines.at(-1) ?? '';
      const longer = last.trim() === '' ? `${last}${word}` : `${last} ${word}`;
      if (longer.length + indent.length <= WIDTH) lines[lines.length - 1] = longer;
      else lines.push(`${' '.repeat(marker.length)}${word}`);
    }
    return /^\s*\n/.test(part) && lines[0] !== '' ? ['', ...lines] : lines;
  });
}

/** The anchor that GitHub gives a heading. */
export function anchor(heading: string): string {
  return heading.toLowerCase().replaceAll('.', '');
}
