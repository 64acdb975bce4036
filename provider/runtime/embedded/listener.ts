// A worker's state of one listener: its settings as the served snapshot has them, and its targets.
import { ListenerColumn } from './listener-counters.ts';
import type { ListenerSettings } from './messages.ts';
import { type PassiveListener, TargetSet } from './target-set.ts';

export class WorkerListener {
  /** Replaced at each swap. */
  snapshot: ListenerSettings;
  readonly targets: TargetSet;
  readonly counters: ListenerColumn;

  constructor(
    settings: ListenerSettings,
    selection: SharedArrayBuffer,
    workerId: number,
    onPassive: PassiveListener,
    counters: SharedArrayBuffer,
  ) {
    this.snapshot = settings;
    this.targets = new TargetSet(selection, workerId, onPassive);
    this.counters = new ListenerColumn(counters, workerId);
  }
}
