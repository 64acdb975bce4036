// A table as the commands print it: columns under their names, without lines.
import Table from 'cli-table3';

const NONE = Object.fromEntries(
  ['top', 'bottom', 'mid', 'left', 'right'].flatMap((side) =>
    side === 'left' || side === 'right'
      ? [
          [side, ''],
          [`${side}-mid`, ''],
        ]
      : [
          [side, ''],
          [`${side}-mid`, ''],
          [`${side}-left`, ''],
          [`${side}-right`, ''],
        ],
  ),
);

export function table(head: string[], rows: (string | number)[][]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 1 };
  const made = new Table({
    head,
    style,
    chars: { ...NONE, middle: ' ', 'mid-mid': '', 'left-mid': '', 'right-mid': '' },
  });
  made.push(...rows.map((row) => row.map(String)));
  return made.toString();
}
