// The seam to durable storage of the model's objects, the health of targets, and tokens.

import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../stored/object.ts';
import type { BrokenRow } from './broken-row.ts';

/** Receives the rows that cannot be read. They are left out of the loaded model. */
export type ReportBroken = (row: BrokenRow) => void;

export interface Store {
  /** Loads everything. Without `report`, rejects at the first row that cannot be read. */
  load(report?: ReportBroken): Promise<StoredModel>;
  /**
   * Stores the changes and their version, and changed health with them, in one transaction, which survives a power cut
   * once the promise resolves.
   */
  commit(version: number, changes: readonly ObjectChange[], health?: HealthSave): Promise<void>;
  /** Stores changed health, like `commit`. */
  saveHealth(health: HealthSave): Promise<void>;
  /** Stores a new token. The token survives a power cut once the promise resolves. */
  addToken(token: StoredToken): Promise<void>;
  /** Deletes a token. The deletion survives a power cut once the promise resolves. */
  deleteToken(id: string): Promise<void>;
  /** Writes as much as a common write, and changes nothing. Rejects if such a write would fail. */
  probe(): Promise<void>;
  /**
   * Writes a copy of one moment to a new file, from which another store can be opened. Writes go on meanwhile. Rejects
   * soon after the signal is aborted.
   */
  backup(file: string, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
