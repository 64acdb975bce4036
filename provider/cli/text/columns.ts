// Columns of a table: how wide each of them is, and which are left out where not all of them fit.
import { cellsOf, cutTo, filledTo } from './cells.ts';

export interface Column {
  readonly head: string;
  /** The cells that remain at least if the column is cut. `undefined` for a column that is never cut. */
  readonly min?: number;
  /** Columns with a higher number are left out before others. `undefined` for a column that always stays. */
  readonly rank?: number;
  /** When the column is left out if it has no content: if the rows do not fit, or always. */
  readonly omittedIfEmpty?: 'narrow' | 'always';
}

/** Cells between two columns. */
const GAP = 2;

/** Columns with the widths that they have. `widths` is `undefined` for a column that is left out. */
export interface Layout {
  readonly widths: readonly (number | undefined)[];
  /** Index of the last column that is shown, which needs no spaces behind it. */
  readonly last: number;
}

/** Lays rows out within a number of cells. `undefined` for no limit: then everything is shown. */
export function layoutOf(
  columns: readonly Column[],
  rows: Iterable<readonly string[]>,
  cells: number | undefined,
): Layout {
  const natural = columns.map(({ head }) => cellsOf(head));
  const hasContent = columns.map(() => false);
  for (const row of rows) {
    for (const [index, text] of row.entries()) {
      natural[index] = Math.max(natural[index] ?? 0, cellsOf(text));
      if (text !== '' && text !== '0') hasContent[index] = true;
    }
  }
  const present = natural.map((width, index) =>
    columns[index]?.omittedIfEmpty === 'always' && !hasContent[index] ? undefined : width,
  );
  if (cells === undefined) return layout(present);
  const widths = present.map((width) => width && Math.min(width, cells));
  const least = widths.map((width = 0, index) => Math.min(width, columns[index]?.min ?? width));
  const minimum = () => total(least.map((width, index) => widths[index] && width));
  const byRank = columns.flatMap(({ rank }, index) => (rank === undefined ? [] : [{ rank, index }]));
  byRank.sort((a, b) => b.rank - a.rank);
  const isOmittable = (index: number) => columns[index]?.omittedIfEmpty !== undefined && !hasContent[index];
  for (const { index } of byRank) if (isOmittable(index) && total(widths) > cells) widths[index] = undefined;
  for (const { index } of byRank) if (minimum() > cells) widths[index] = undefined;
  return layout(shrunk(widths, least, cells - gaps(widths)));
}

/** A row in its layout. */
export function laidOut(row: readonly string[], { widths, last }: Layout): string {
  const texts: string[] = [];
  for (const [index, width] of widths.entries()) {
    if (width === undefined) continue;
    const text = cutTo(row[index] ?? '', width);
    texts.push(index === last ? text : filledTo(text, width));
  }
  return texts.join(' '.repeat(GAP)).trimEnd();
}

/** A part of a line. `min`: the cells that remain of it at least, 8 if it is `undefined`. `rank`: as that of a column. */
export interface Part {
  readonly text: string;
  readonly min?: number;
  readonly rank?: number;
}

/** Parts of one line, such as a name and an address, cut so that the line has at most so many cells. */
export function laidOutLine(parts: readonly Part[], cells: number | undefined): string {
  const present = parts.filter(({ text }) => text !== '');
  const texts = present.map(({ text }) => text);
  if (cells === undefined) return texts.join(' '.repeat(GAP));
  const columns = present.map(({ text, min = MIN_PART, ...part }) => ({ ...part, head: text, min }));
  return cutTo(laidOut(texts, layoutOf(columns, [], cells)), cells);
}

/** Cells that remain at least of a part of a line. */
const MIN_PART = 8;

function layout(widths: readonly (number | undefined)[]): Layout {
  return { widths, last: widths.findLastIndex((width) => width !== undefined) };
}

/** Takes cells from the widest columns until the widths fit, but no more than each column can spare. */
function shrunk(
  widths: readonly (number | undefined)[],
  least: readonly number[],
  cells: number,
): (number | undefined)[] {
  const result = [...widths];
  let excess = result.reduce<number>((sum, width) => sum + (width ?? 0), 0) - cells;
  for (; excess > 0; excess--) {
    let widest: number | undefined;
    for (const [index, width] of result.entries()) {
      if (width === undefined || width <= (least[index] ?? 0)) continue;
      if (widest === undefined || width > (result[widest] ?? 0)) widest = index;
    }
    if (widest === undefined) break;
    result[widest] = (result[widest] ?? 0) - 1;
  }
  return result;
}

function total(widths: readonly (number | undefined)[]): number {
  return widths.reduce<number>((sum, width) => sum + (width ?? 0), gaps(widths));
}

function gaps(widths: readonly (number | undefined)[]): number {
  return GAP * Math.max(0, widths.filter((width) => width !== undefined).length - 1);
}
