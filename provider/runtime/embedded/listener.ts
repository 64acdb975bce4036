// A worker's state of one listener: its settings as the served snapshot has them, and the targets of it and of its rules.
import { ListenerColumn } from './listener-counters.ts';
import type { ListenerSettings } from './messages.ts';
import type { TargetSet } from './target-set.ts';

export class WorkerListener {
  readonly counters: ListenerColumn;
  /** By group id: its own and those of its rules. */
  readonly groups = new Map<string, TargetSet>();
  /** As of the served snapshot. */
  snapshot: ListenerSettings;

  constructor(settings: ListenerSettings, workerId: number, counters: SharedArrayBuffer) {
    this.snapshot = settings;
    this.counters = new ListenerColumn(counters, workerId);
  }

  /** Its own, where no rule counts. */
  get targets(): TargetSet {
    const own = this.groups.get(this.snapshot.id);
    if (!own) throw new Error('A listener has targets of its own from its first swap on.');
    return own;
  }
}
