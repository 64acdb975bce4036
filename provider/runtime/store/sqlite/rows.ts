// The columns of the SQLite tables, and stored objects and tokens as their rows.
import type { Kind } from '../../../model/base/kinds.ts';
import type { StoredObject, StoredToken } from '../../stored/object.ts';
import { demandChecksum, type RowWithChecksum, withChecksum } from './checksum.ts';

/** Columns of the SQLite tables after all migrations. */
export interface Schema {
  meta: { name: string; value: string };
  objects: RowWithChecksum & {
    kind: string;
    id: string;
    owner: string | null;
    incarnation: string;
    version: number;
    /** Object properties as JSON. */
    properties: string;
    /** Object state as JSON. */
    state: string;
    /** Id of the token that created the object; null for an object of the administrator. */
    created_by: string | null;
    /** Id of the token that last changed the object; null for the administrator. */
    changed_by: string | null;
  };
  health: { target_group_id: string; key: string; health: string };
  tokens: RowWithChecksum & {
    id: string;
    name: string;
    secret_hash: string;
    /** Permission statements as JSON. */
    statements: string;
    /** Patterns of owners as JSON. */
    owners: string | null;
    created_at: string;
    expires_at: string | null;
  };
}

export function toRow(object: StoredObject): Schema['objects'] {
  return withChecksum({
    kind: object.kind as string,
    id: object.id,
    owner: object.owner ?? null,
    incarnation: object.incarnation,
    version: object.version,
    properties: JSON.stringify(object.properties),
    state: JSON.stringify(object.state),
    created_by: object.createdBy ?? null,
    changed_by: object.changedBy ?? null,
  });
}

/** Throws if a column is not JSON, or if the row has changed since it was written. */
export function toObject(row: Schema['objects']): StoredObject {
  const [properties, state] = [parsed('properties', row.properties), parsed('state', row.state)];
  demandChecksum(row);
  return Object.freeze({
    kind: row.kind as Kind,
    id: row.id,
    owner: row.owner ?? undefined,
    incarnation: row.incarnation,
    version: row.version,
    properties,
    state,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    ...(row.changed_by !== null && { changedBy: row.changed_by }),
  }) as StoredObject;
}

export function toTokenRow(token: StoredToken): Schema['tokens'] {
  return withChecksum({
    id: token.id,
    name: token.name,
    secret_hash: token.secretHash,
    statements: JSON.stringify(token.statements),
    created_at: token.createdAt,
    expires_at: token.expiresAt ?? null,
    owners: token.owners ? JSON.stringify(token.owners) : null,
  });
}

/** Throws if a column is not JSON, or if the row has changed since it was written. */
export function toToken(row: Schema['tokens']): StoredToken {
  const statements = parsed('statements', row.statements) as StoredToken['statements'];
  const owners = row.owners === null ? undefined : (parsed('owners', row.owners) as string[]);
  demandChecksum(row);
  return Object.freeze({
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    statements,
    ...(owners && { owners }),
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  });
}

function parsed(column: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may contain a secret.
    throw new Error(`its ${column} are not JSON`);
  }
}
