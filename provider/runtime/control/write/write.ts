// One write of the model on its way: the change that it makes, and what it may have to wait for.
import type { Proven } from '../../health/monitor.ts';
import type { Draft } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';

/** Changes the draft, or throws; what it has changed until then is taken back. Returns the object that it wrote. */
export type ModelChange<T extends StoredObject | undefined = StoredObject | undefined> = (draft: Draft) => T;

export interface Write {
  readonly name: string | undefined;
  readonly change: ModelChange;
  readonly resolve: (written: StoredObject | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Undefined: whether it has to wait is not decided yet. */
  proven: readonly Proven[] | undefined;
  /** What it changed in the draft of its batch. */
  changes: readonly ObjectChange[];
  written: StoredObject | undefined;
}
