// Stored rows that cannot be used, and the one error for all of them, which says what to do about each.
import { dirname } from 'node:path';
import { inOneLine } from '../../model/base/one-line.ts';

export interface BrokenRow {
  /** What the row holds: an object as `kind/id`, a token as `tokens/id`, or a value of the runtime as `meta/name`. */
  readonly name: string;
  readonly problem: string;
}

/** Limit for the rows that the error names. Further rows are only counted. */
const MAX_SHOWN = 20;
const MAX_TEXT = 300;

export function brokenError(databaseFile: string, rows: readonly BrokenRow[]): Error {
  const shown = rows.slice(0, MAX_SHOWN).map(({ name, problem }) => {
    const text = inOneLine(problem);
    return `  ${inOneLine(name)}: ${text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text}`;
  });
  if (rows.length > MAX_SHOWN) shown.push(`  and ${rows.length - MAX_SHOWN} more`);
  const deletion = rows.slice(0, MAX_SHOWN).map(({ name }) => deleteStatement(name));
  const example = deletion.find((statement) => statement !== undefined);
  const remedies = [
    restoreAdvice(databaseFile),
    ...(example === undefined
      ? []
      : [`delete each of these rows, the first one with: sqlite3 ${databaseFile} ${JSON.stringify(example)}`]),
  ];
  const count = rows.length === 1 ? 'a row that cannot be used' : `${rows.length} rows that cannot be used`;
  return new Error(`the database ${databaseFile} has ${count}:\n${shown.join('\n')}\n${remedies.join(', or ')}`);
}

/** What to do about a database that is lost in part or as a whole. */
export function restoreAdvice(databaseFile: string): string {
  return `restore a backup with: weir restore FILE --data ${dirname(databaseFile)} --force`;
}

/** The statement that deletes a row. Returns `undefined` for a name that a shell could misread, and for `meta`. */
function deleteStatement(name: string): string | undefined {
  const [, table, id] = /^([\w-]+)\/([\w.-]+)$/.exec(name) ?? [];
  if (table === undefined || table === 'meta') return undefined;
  return table === 'tokens'
    ? `delete from tokens where id = '${id}'`
    : `delete from objects where kind = '${table}' and id = '${id}'`;
}
