// The seam to what is kept on disk: the objects of the model, the health last seen, and tokens. One file an implementation.

import type { ObjectChange, StoredHealth, StoredModel, StoredToken } from '../stored/object.ts';

export interface Store {
  load(): Promise<StoredModel>;
  /** One transaction: when it resolves, version and changes survive a power cut. */
  commit(version: number, changes: readonly ObjectChange[]): Promise<void>;
  saveHealth(atMs: number, health: readonly StoredHealth[]): Promise<void>;
  /** As durable as a commit, and so is the next one. */
  addToken(token: StoredToken): Promise<void>;
  deleteToken(id: string): Promise<void>;
  close(): Promise<void>;
}
