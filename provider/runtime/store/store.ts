// The seam to durable storage of the model's objects, the health of targets, and tokens.

import type { ObjectChange, StoredHealth, StoredModel, StoredToken } from '../stored/object.ts';

export interface Store {
  load(): Promise<StoredModel>;
  /** Stores the changes and their version in one transaction, which survives a power cut once the promise resolves. */
  commit(version: number, changes: readonly ObjectChange[]): Promise<void>;
  /** Replaces the stored health of all targets. `atMs`: time of day in milliseconds since 1970. */
  saveHealth(atMs: number, health: readonly StoredHealth[]): Promise<void>;
  /** Stores a new token. The token survives a power cut once the promise resolves. */
  addToken(token: StoredToken): Promise<void>;
  /** Deletes a token. The deletion survives a power cut once the promise resolves. */
  deleteToken(id: string): Promise<void>;
  close(): Promise<void>;
}
