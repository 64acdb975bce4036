// The store in a SQLite file, in WAL mode with an fsync before each commit returns.
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Kysely, type Transaction } from 'kysely';
import { HEALTH_STATES } from '../../../model/base/health.ts';
import type { Health } from '../../contract/snapshot.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../../stored/object.ts';
import { brokenError } from '../broken-row.ts';
import { mayBeInLog } from '../sqlite-result.ts';
import type { ReportBroken, Store } from '../store.ts';
import { copyFile, copyOpen } from './backup-copy.ts';
import { demandChecksum, withChecksum } from './checksum.ts';
import { closeAsItIs, openDatabase } from './dialect.ts';
import { healthTime, writeHealth } from './health-rows.ts';
import { demandFormat, demandWhole, demandWholeLog } from './integrity.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { type Schema, toObject, toRow, toToken, toTokenRow } from './rows.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

interface SqliteStoreOptions {
  /** Called before a database without a runtime gets the id of a new one. Throws if there must not be a new one. */
  readonly onNew?: () => void;
}

/** Size of the text that `probe` writes. */
const PROBE_BYTES = 64 * 1024;

export class SqliteStore implements Store {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #db: Kysely<Schema>;
  readonly #log: WriteAheadLog;
  /** The database file that is open, whatever file has its name later. */
  readonly #inode: bigint | undefined;
  #isClosed = false;

  /**
   * Creates or migrates the database. Throws an `Error` for the terminal if a newer release wrote the database, if it is
   * damaged, or if it was copied without its newest commits.
   */
  constructor(file: string, { onNew = () => {} }: SqliteStoreOptions = {}) {
    this.#file = file;
    demandFormat(file);
    const logCommits = demandWholeLog(file);
    const { database, dialect } = openDatabase(file);
    try {
      demandWhole(database, file, logCommits);
      migrate(database, MIGRATIONS);
      // Before the mode becomes WAL, so that a copy of the file alone has the id of its runtime.
      demandRuntimeId(database, file, onNew);
      // FULL syncs the WAL at each commit (5,400 commits/s measured); NORMAL loses acknowledged writes in a power cut.
      // While another program has the database locked, SQLite waits in this thread, which also serves the API.
      database.exec('pragma synchronous = full; pragma busy_timeout = 50');
      this.#log = new WriteAheadLog(database, file);
    } catch (error) {
      closeAsItIs(database, file);
      throw error;
    }
    this.#inode = inodeOf(file);
    this.#database = database;
    this.#db = new Kysely<Schema>({ dialect });
  }

  async load(report?: ReportBroken): Promise<StoredModel> {
    return this.#db.transaction().execute(async (tx) => {
      const meta = new Map((await tx.selectFrom('meta').selectAll().execute()).map(({ name, value }) => [name, value]));
      const objects = await tx.selectFrom('objects').selectAll().orderBy('version').execute();
      const health = await tx.selectFrom('health').selectAll().execute();
      const tokens = await tx.selectFrom('tokens').selectAll().orderBy('created_at').orderBy('id').execute();
      const decode = <Row, Value>(rows: Row[], name: (row: Row) => string, read: (row: Row) => Value): Value[] =>
        rows.flatMap((row) => {
          try {
            return [read(row)];
          } catch (error) {
            const broken = { name: name(row), problem: (error as Error).message };
            if (report === undefined) throw brokenError(this.#file, [broken]);
            report(broken);
            return [];
          }
        });
      return {
        runtimeId: meta.get('runtimeId') ?? '',
        version: Number(meta.get('version') ?? 0),
        objects: decode(objects, ({ kind, id }) => `${kind}/${id}`, toObject),
        ...healthTime(meta),
        // Health that is not known is found anew by checks.
        health: health.filter(isKnown).map(({ target_group_id: targetGroupId, key, health: state }) => ({
          targetGroupId,
          key,
          health: state as Health,
        })),
        tokens: decode(tokens, ({ id }) => `tokens/${id}`, toToken),
      };
    });
  }

  async commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void> {
    await this.#write(async (tx) => {
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
    await this.#write((tx) => writeHealth(tx, health));
  }

  async addToken(token: StoredToken): Promise<void> {
    await this.#write(async (tx) => {
      await tx.insertInto('tokens').values(toTokenRow(token)).execute();
    });
  }

  async deleteToken(id: string): Promise<void> {
    await this.#write(async (tx) => {
      await tx.deleteFrom('tokens').where('id', '=', id).execute();
    });
  }

  async probe(): Promise<void> {
    await this.#alone(() => this.#log.shrink());
    const name = 'probe';
    await this.#write(async (tx) => {
      await tx
        .replaceInto('meta')
        .values({ name, value: 'x'.repeat(PROBE_BYTES) })
        .execute();
    });
    await this.#write(async (tx) => {
      await tx.deleteFrom('meta').where('name', '=', name).execute();
    });
  }

  async backup(file: string, signal: AbortSignal): Promise<void> {
    const mode = this.#database.prepare('pragma locking_mode').get()?.locking_mode;
    if (mode === 'normal' && inodeOf(this.#file) === this.#inode) return await copyFile(this.#file, file, signal);
    // Nobody else can open this file, so writes wait.
    await this.#alone(() => copyOpen(this.#database, file, signal));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (await this.#alone(() => this.#log.mayClose())) await this.#db.destroy();
  }

  /** Closes a store whose data cannot be used, and leaves its files as they are. */
  async abandon(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#alone(() => closeAsItIs(this.#database, this.#file));
  }

  async #write(change: (tx: Transaction<Schema>) => Promise<void>): Promise<void> {
    demandOpenFile(this.#file, this.#inode);
    await this.#alone(() => this.#log.beforeWrite());
    try {
      await this.#db.transaction().execute(change);
    } catch (error) {
      if (mayBeInLog(error)) await this.#alone(() => this.#log.bury());
      throw error;
    }
  }

  /** Runs a step while no transaction is open, and returns its result. */
  async #alone<T>(step: () => T | Promise<T>): Promise<T> {
    return await this.#db.connection().execute(async () => step());
  }
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { throwIfNoEntry: false, bigint: true })?.ino;
}

/** Throws if the file is no longer the one that is open: what is written to that one is lost with the process. */
function demandOpenFile(file: string, inode: bigint | undefined): void {
  if (inodeOf(file) === inode) return;
  throw Object.assign(new Error(`${file} is not the file that is open`), { code: 'ESTALE' });
}

function isKnown({ health }: Schema['health']): boolean {
  return HEALTH_STATES.some((state) => state === health);
}

/** Makes the id of a new runtime if the database has none, and nothing else either. */
function demandRuntimeId(database: DatabaseSync, file: string, onNew: () => void): void {
  const count = (sql: string) => Number(database.prepare(`select count(*) as count from ${sql}`).get()?.count);
  const row = database.prepare("select name, value, checksum from meta where name = 'runtimeId'").get();
  if (row !== undefined) {
    demandWritten(row, file);
    return;
  }
  if (count('objects') + count('tokens') > 0) {
    throw brokenError(file, [{ name: 'meta/runtimeId', problem: 'the id of the runtime is missing' }]);
  }
  onNew();
  const { name, value, checksum } = withChecksum({ name: 'runtimeId', value: randomUUID() });
  database.prepare('insert into meta (name, value, checksum) values (?, ?, ?)').run(name, value, checksum);
}

function demandWritten(row: object, file: string): void {
  try {
    demandChecksum({ checksum: null, ...row });
  } catch (error) {
    throw brokenError(file, [{ name: 'meta/runtimeId', problem: (error as Error).message }]);
  }
}
