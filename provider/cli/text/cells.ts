// The cells of a terminal that a text takes, and texts cut and filled to a number of cells.
import { eastAsianWidth } from 'get-east-asian-width';

const ASCII = /^[\x20-\x7e]*$/;
/** Combining marks, which take no cell of their own. */
const MARK = /^[\p{Mn}\p{Me}]$/u;
const ELLIPSIS = '…';

/**
 * The cells of a text of one line without control characters. Terminals differ in emoji that consist of several
 * characters: the largest count is taken, so that no line is longer than expected.
 */
export function cellsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

/** The text if it fits into so many cells, else its beginning with an ellipsis. */
export function cutTo(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  if (cells < 1) return '';
  if (ASCII.test(text)) return `${text.slice(0, cells - 1)}${ELLIPSIS}`;
  return `${beginning(text, cells - 1)}${ELLIPSIS}`;
}

/** The text with spaces up to so many cells. */
export function filledTo(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellsOf(text)));
}

/** The text in lines of at most so many cells, which end between words if they can. */
export function wrappedTo(text: string, cells: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (cellsOf(rest) > cells) {
    const most = beginning(rest, cells) || ([...rest][0] ?? '');
    const space = most.lastIndexOf(' ');
    const line = space > 0 && rest[most.length] !== ' ' ? most.slice(0, space) : most;
    lines.push(line);
    rest = rest.slice(line.length).trimStart();
  }
  return [...lines, rest];
}

/** The longest beginning of a text that fits into so many cells. */
function beginning(text: string, cells: number): string {
  let length = 0;
  let left = cells;
  for (const character of text) {
    left -= cellsOfCharacter(character);
    if (left < 0) break;
    length += character.length;
  }
  return text.slice(0, length);
}

function cellsOfCharacter(character: string): number {
  return MARK.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0);
}
