// A queued write of the model: its change, its caller, and the first checks that it waits for.
import type { Proven } from '../../health/monitor.ts';
import type { Draft } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';

/** A change of a draft. Returns the written object. If the change throws, the draft is restored. */
export type ModelChange<T extends StoredObject | undefined = StoredObject | undefined> = (draft: Draft) => T;

export interface Write {
  readonly name: string | undefined;
  /** Id of the token that writes; `undefined` for the administrator and for the runtime itself. */
  readonly caller: string | undefined;
  readonly change: ModelChange;
  readonly resolve: (written: StoredObject | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Targets that passed a first check of a hand-over; `undefined` until the writer has decided whether to wait. */
  proven: readonly Proven[] | undefined;
  /** Changes that the write made in the draft of its batch. */
  changes: readonly ObjectChange[];
  written: StoredObject | undefined;
}
