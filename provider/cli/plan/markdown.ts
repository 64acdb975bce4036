// Markdown that no name of a user's can break: what stands in code is shown as it is, wherever it is put.
import { inOneLine } from '../../model/base/one-line.ts';

/** Of these a code span is safe in text, in a heading and in a table alike. */
const PLAIN = /^[^|`\\\s]([^|`\\]*[^|`\\\s])?$/;

/** A name or value, so that nothing in it is markup, a mention or a link. */
export function code(text: string): string {
  const line = inOneLine(text);
  return PLAIN.test(line) ? `\`${line}\`` : `<code>${line.replace(/[^\p{L}\p{N} ]/gu, entity)}</code>`;
}

/** A table of cells that are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** Folded away under a line of plain text. */
export function details(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`;
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
