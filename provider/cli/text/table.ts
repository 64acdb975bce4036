// Text tables as the commands print them: columns under their names, without border lines.
import { inOneLine } from '../../model/base/one-line.ts';
import { laidOut, layoutOf } from './columns.ts';

export function textTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = rows.map((row) => row.map((cell) => inOneLine(String(cell))));
  const layout = layoutOf(
    head.map((name) => ({ head: name })),
    lines,
    undefined,
  );
  return [head, ...lines].map((line) => laidOut(line, layout)).join('\n');
}
