// The store in a SQLite file, in WAL mode with an fsync before each commit returns.
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { HEALTH_STATES } from '../../../model/base/health.ts';
import type { Health } from '../../contract/snapshot.ts';
import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../../stored/object.ts';
import { brokenError } from '../broken-row.ts';
import { mayBeInLog } from '../sqlite-result.ts';
import type { ReportBroken, Store } from '../store.ts';
import { copyFile, copyOpen } from './backup-copy.ts';
import { demandChecksum, withChecksum } from './checksum.ts';
import { closeAsItIs, openDatabase, Statements } from './database.ts';
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
  readonly #statements: Statements;
  readonly #log: WriteAheadLog;
  /** The database file that is open, whatever file has its name later. */
  readonly #inode: bigint | undefined;
  #isClosed = false;
  /** Settles when the database may be used: a copy of a file that nobody else can open takes a while. */
  #free: Promise<unknown> = Promise.resolve();

  /**
   * Creates or migrates the database. Throws an `Error` for the terminal if a newer release wrote the database, if it is
   * damaged, or if it was copied without its newest commits.
   */
  constructor(file: string, { onNew = () => {} }: SqliteStoreOptions = {}) {
    this.#file = file;
    demandFormat(file);
    const logCommits = demandWholeLog(file);
    const database = openDatabase(file);
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
    this.#statements = new Statements(database);
  }

  async load(report?: ReportBroken): Promise<StoredModel> {
    const statements = this.#statements;
    return statements.transaction(() => {
      const meta = new Map(
        statements.all<Schema['meta']>('select * from meta').map(({ name, value }) => [name, value]),
      );
      const objects = statements.all<Schema['objects']>('select * from objects order by version');
      const health = statements.all<Schema['health']>('select * from health');
      const tokens = statements.all<Schema['tokens']>('select * from tokens order by created_at, id');
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
    await this.#write((statements) => {
      for (const change of changes) {
        if ('put' in change) statements.replace('objects', toRow(change.put));
        else {
          const { kind, id } = change.delete;
          statements.run('delete from objects where kind = ? and id = ?', kind, id);
        }
      }
      statements.replace('meta', { name: 'version', value: String(version) });
      if (health !== undefined) writeHealth(statements, health);
    });
  }

  async saveHealth(health: HealthSave): Promise<void> {
    await this.#write((statements) => writeHealth(statements, health));
  }

  async addToken(token: StoredToken): Promise<void> {
    await this.#write((statements) => statements.insert('tokens', toTokenRow(token)));
  }

  async deleteToken(id: string): Promise<void> {
    await this.#write((statements) => statements.run('delete from tokens where id = ?', id));
  }

  async probe(): Promise<void> {
    await this.#alone(() => this.#log.shrink());
    const name = 'probe';
    await this.#write((statements) => statements.replace('meta', { name, value: 'x'.repeat(PROBE_BYTES) }));
    await this.#write((statements) => statements.run('delete from meta where name = ?', name));
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
    await this.#alone(() => {
      if (this.#log.mayClose()) this.#database.close();
    });
  }

  /** Closes a store whose data cannot be used, and leaves its files as they are. */
  async abandon(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#alone(() => closeAsItIs(this.#database, this.#file));
  }

  /** Makes a change in one transaction, without giving up the thread in between. */
  async #write(change: (statements: Statements) => void): Promise<void> {
    demandOpenFile(this.#file, this.#inode);
    await this.#alone(() => {
      this.#log.beforeWrite();
      try {
        this.#statements.transaction(() => change(this.#statements));
      } catch (error) {
        if (mayBeInLog(error)) this.#log.bury();
        throw error;
      }
    });
  }

  /** Runs a step when the steps before it have ended, and returns its result. */
  async #alone<T>(step: () => T | Promise<T>): Promise<T> {
    const result = this.#free.then(step);
    this.#free = result.catch(() => {});
    return await result;
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
