// A worker's state of one listener: its settings as the served snapshot has them, and its targets.
import { ListenerColumn } from './listener-counters.ts';
import type { ListenerSettings } from './messages.ts';
import { type PassiveListener, TargetSet } from './target-set.ts';

export class WorkerListener {
  readonly targets: TargetSet;
  readonly counters: ListenerColumn;
  #snapshot: ListenerSettings;

  constructor(
    settings: ListenerSettings,
    selection: SharedArrayBuffer,
    workerId: number,
    onPassive: PassiveListener,
    counters: SharedArrayBuffer,
  ) {
    this.#snapshot = settings;
    this.targets = new TargetSet(settings.algorithm, selection, workerId, onPassive);
    this.counters = new ListenerColumn(counters, workerId);
  }

  get snapshot(): ListenerSettings {
    return this.#snapshot;
  }

  /** At each swap; `targets.rebuild` must follow. */
  set snapshot(settings: ListenerSettings) {
    this.#snapshot = settings;
    this.targets.algorithm = settings.algorithm;
  }
}
