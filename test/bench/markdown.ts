// The report's cells and tables, in Markdown.
import { median } from './statistics.ts';

/** Each round's value over the peer's of the same round: what else the machine did in it meets both. */
export function ratios(values: readonly number[], bases: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (bases[round] ?? Number.NaN));
}

/** The median of the ratios, and the range where there is one; empty where the peer was not measured. */
export function ratioCell(values: readonly number[], bases: readonly number[]): string {
  if (bases.length === 0) return '';
  const all = ratios(values, bases);
  const [low, high] = [Math.min(...all).toFixed(2), Math.max(...all).toFixed(2)];
  const text = median(all).toFixed(2);
  return low === high ? text : `${text} (${low}-${high})`;
}

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
}

/** The first `texts` columns are aligned to the left, the others, numbers, to the right. */
export function figuresTable(heads: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
