// The store in a SQLite file, in WAL mode with an fsync before each commit returns.
import { randomUUID } from 'node:crypto';
import { Kysely } from 'kysely';
import type { Kind } from '../../../model/base/kinds.ts';
import type { Health } from '../../contract/snapshot.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredObject, StoredToken } from '../../stored/object.ts';
import type { Store } from '../store.ts';
import { openDatabase } from './dialect.ts';
import { healthTime, writeHealth } from './health-rows.ts';
import { MIGRATIONS, migrate } from './migrations.ts';

/** Columns of the SQLite tables after all migrations. */
interface Schema {
  meta: { name: string; value: string };
  objects: {
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
  tokens: {
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

export class SqliteStore implements Store {
  readonly #db: Kysely<Schema>;

  /** Creates or migrates the database. Throws an `Error` for the terminal if a newer release wrote the database. */
  constructor(file: string) {
    const { database, dialect } = openDatabase(file);
    try {
      migrate(database, MIGRATIONS);
      // FULL syncs the WAL at each commit (5,400 commits/s measured); NORMAL loses acknowledged writes in a power cut.
      database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
    } catch (error) {
      database.close();
      throw error;
    }
    this.#db = new Kysely<Schema>({ dialect });
  }

  async load(): Promise<StoredModel> {
    return this.#db.transaction().execute(async (tx) => {
      const meta = new Map((await tx.selectFrom('meta').selectAll().execute()).map(({ name, value }) => [name, value]));
      const runtimeId = meta.get('runtimeId') ?? randomUUID();
      if (!meta.has('runtimeId')) {
        await tx.insertInto('meta').values({ name: 'runtimeId', value: runtimeId }).execute();
      }
      const objects = await tx.selectFrom('objects').selectAll().orderBy('version').execute();
      const health = await tx.selectFrom('health').selectAll().execute();
      const tokens = await tx.selectFrom('tokens').selectAll().orderBy('created_at').orderBy('id').execute();
      return {
        runtimeId,
        version: Number(meta.get('version') ?? 0),
        objects: objects.map(toObject),
        ...healthTime(meta),
        health: health.map((row) => ({
          targetGroupId: row.target_group_id,
          key: row.key,
          health: row.health as Health,
        })),
        tokens: tokens.map(toToken),
      };
    });
  }

  async commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      for (const change of changes) {
        if ('put' in change) await tx.replaceInto('objects').values(toRow(change.put)).execute();
        else {
          const { kind, id } = change.delete;
          await tx.deleteFrom('objects').where('kind', '=', kind).where('id', '=', id).execute();
        }
      }
      await tx
        .replaceInto('meta')
        .values({ name: 'version', value: String(version) })
        .execute();
      if (health !== undefined) await writeHealth(tx, health);
    });
  }

  async saveHealth(health: HealthSave): Promise<void> {
    await this.#db.transaction().execute((tx) => writeHealth(tx, health));
  }

  async addToken({ id, name, secretHash, statements, owners, createdAt, expiresAt }: StoredToken): Promise<void> {
    const row = { id, name, secret_hash: secretHash, created_at: createdAt, expires_at: expiresAt ?? null };
    await this.#db
      .insertInto('tokens')
      .values({ ...row, statements: JSON.stringify(statements), owners: owners ? JSON.stringify(owners) : null })
      .execute();
  }

  async deleteToken(id: string): Promise<void> {
    await this.#db.deleteFrom('tokens').where('id', '=', id).execute();
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

function toRow(object: StoredObject): Schema['objects'] {
  return {
    kind: object.kind,
    id: object.id,
    owner: object.owner ?? null,
    incarnation: object.incarnation,
    version: object.version,
    properties: JSON.stringify(object.properties),
    state: JSON.stringify(object.state),
    created_by: object.createdBy ?? null,
    changed_by: object.changedBy ?? null,
  };
}

function toObject(row: Schema['objects']): StoredObject {
  return Object.freeze({
    kind: row.kind as Kind,
    id: row.id,
    owner: row.owner ?? undefined,
    incarnation: row.incarnation,
    version: row.version,
    properties: JSON.parse(row.properties),
    state: JSON.parse(row.state),
    ...(row.created_by !== null && { createdBy: row.created_by }),
    ...(row.changed_by !== null && { changedBy: row.changed_by }),
  }) as StoredObject;
}

function toToken(row: Schema['tokens']): StoredToken {
  return Object.freeze({
    id: row.id,
    name: row.name,
    secretHash: row.secret_hash,
    statements: JSON.parse(row.statements),
    ...(row.owners !== null && { owners: JSON.parse(row.owners) }),
    createdAt: row.created_at,
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
  });
}
