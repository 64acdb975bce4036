// Cells and tables of the benchmark report, in Markdown.
import { median, medianInterval } from './statistics.ts';

/** Divides each round's value by the peer's value of the same round, because other work of the machine affects both. */
export function ratios(values: readonly number[], bases: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (bases[round] ?? Number.NaN));
}

/**
 * The median of the ratios, with its 95 % interval if there are several rounds. The text is empty if the peer was not
 * measured.
 */
export function ratioCell(values: readonly number[], bases: readonly number[]): string {
  if (bases.length === 0) return '';
  return medianCell(ratios(values, bases), (value) => value.toFixed(2));
}

/** The median with its 95 % interval, or the median alone if the interval is one value. */
function medianCell(values: readonly number[], format: (value: number) => string): string {
  const [low, high] = medianInterval(values).map(format);
  const text = format(median(values));
  return low === high ? text : `${text} (${low}-${high})`;
}

/** Formats a number with three significant digits, without an exponent. */
export function digits(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(3);
}

/** Returns a Markdown table. Its first `texts` columns are aligned to the left, the others (numbers) to the right. */
export function figuresTable(heads: readonly string[], texts: number, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
