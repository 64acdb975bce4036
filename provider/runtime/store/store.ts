// The seam to durable storage of the model's objects, the health of targets, and tokens.

import type { HealthSave, ObjectChange, StoredModel, StoredToken } from '../stored/object.ts';

export interface Store {
  load(): Promise<StoredModel>;
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
  close(): Promise<void>;
}
