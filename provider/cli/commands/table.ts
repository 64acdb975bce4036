// Text tables as the commands print them: columns under their names, without border lines.
import Table from 'cli-table3';
import { inOneLine } from '../../model/base/one-line.ts';

const LINES = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
const COLUMNS = ['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
const chars = { ...Object.fromEntries([...LINES, ...COLUMNS].map((part) => [part, ''])), middle: ' ' };

export function textTable(head: string[], rows: (string | number)[][]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 1 };
  const made = new Table({ head, style, chars });
  made.push(...rows.map((row) => row.map((cell) => inOneLine(String(cell)))));
  return made.toString();
}
