// A worker's state of one listener: its settings as the served snapshot has them, and its targets.
import type { ListenerSettings } from './messages.ts';
import { type PassiveListener, TargetSet } from './target-set.ts';

export class WorkerListener {
  /** Replaced at each swap. */
  snapshot: ListenerSettings;
  readonly targets: TargetSet;

  constructor(settings: ListenerSettings, selection: SharedArrayBuffer, workerId: number, onPassive: PassiveListener) {
    this.snapshot = settings;
    this.targets = new TargetSet(selection, workerId, onPassive);
  }
}
