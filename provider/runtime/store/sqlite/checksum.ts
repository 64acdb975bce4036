// The checksum of a row, by which a bit that flipped inside of a text is noticed. SQLite's own checks see only its pages.
import { crc32 } from 'node:zlib';

/** Column of the checksum, which is over all other columns of the row in the order of the schema. */
export interface RowWithChecksum {
  /** `null` if the row is to be used as it is. */
  checksum: string | null;
}

type Column = string | number | null;

export function rowChecksum(columns: readonly Column[]): string {
  const sum = columns.reduce((sum: number, column) => crc32(column === null ? 'null;' : `${column};`, sum), 0);
  return sum.toString(16).padStart(8, '0');
}

/** Adds the checksum to a row whose columns are in the order of the schema. */
export function withChecksum<Row extends Record<keyof Row, Column>>(row: Row): Row & RowWithChecksum {
  return { ...row, checksum: rowChecksum(Object.values<Column>(row)) };
}

/** Throws if a row is not the one that was written. */
export function demandChecksum({ checksum, ...row }: RowWithChecksum & object): void {
  if (checksum === null || checksum === rowChecksum(Object.values<Column>(row))) return;
  throw new Error('its content is not the one that was written (to use it as it is, set its checksum to null)');
}
