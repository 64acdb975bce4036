// Markdown in which names of users show literally, in text, headings and tables.
import { inLines, inOneLine } from '../../model/base/one-line.ts';

/** Texts that are safe in a code span, in running text, in headings and in tables, and look like no HTML comment. */
const PLAIN = /^[^|`<\\\s]([^|`<\\]*[^|`<\\\s])?$/;

/** A name or value as Markdown code. Nothing in it acts as markup, a mention or a link. */
export function code(text: string): string {
  const line = inOneLine(text);
  return PLAIN.test(line) ? `\`${line}\`` : `<code>${line.replace(/[^\p{L}\p{N} ]/gu, entity)}</code>`;
}

/** A text of several lines in which nothing acts as markup, a mention or a link. */
export function preformatted(text: string): string {
  return `<pre>\n${inLines(text).replace(/[&<>]/g, entity)}\n</pre>`;
}

/** A Markdown table. Its cells must be Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

/** Markdown that is folded away under a summary, which must be plain text. */
export function details(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`;
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
