// Refusals of the engine: listeners that the engine cannot open, and the writes that fail because of these listeners.
// Other errors of a write are thrown earlier, by the change of the draft, by `checkObject` or by a hand-over.
import type { Compiled } from '../../compile/compile.ts';
import type { Refusal } from '../../contract/engine.ts';
import { listenerOf } from '../../contract/snapshot.ts';
import type { Write } from './write.ts';

export interface RefusalCallbacks {
  /**
   * Called when a write fails because the engine cannot open a listener, or when the engine cannot open a stored
   * listener.
   */
  readonly onRefused: (refusal: Refusal, compiled: Compiled) => void;
  /** Called when the engine has opened a stored listener that it had refused before. */
  readonly onOpened: (listenerId: string) => void;
}

/** Refusals of stored listeners, such as a listener whose port another process took while the runtime was stopped. */
export class StandingRefusals {
  readonly #callbacks: RefusalCallbacks;
  #refusals: readonly Refusal[] = [];

  constructor(callbacks: RefusalCallbacks) {
    this.#callbacks = callbacks;
  }

  get all(): readonly Refusal[] {
    return this.#refusals;
  }

  /**
   * Whether the listener was refused before this batch too, and the refused property has not changed since. If so, no
   * write of the batch caused the refusal.
   */
  has({ listenerId, problem }: Refusal, served: Compiled, next: Compiled): boolean {
    if (!this.#refusals.some((refusal) => refusal.listenerId === listenerId)) return false;
    const before = listenerOf(served.snapshot, listenerId);
    const after = listenerOf(next.snapshot, listenerId);
    if (problem.path.startsWith('certificates')) return before?.certificates === after?.certificates;
    return before?.address === after?.address && before?.port === after?.port;
  }

  /** Replaces the refusals. Reports only new refusals and opened listeners, since refusals are retried each second. */
  keep(refusals: readonly Refusal[], compiled: Compiled): void {
    const before = new Set(this.#refusals.map(({ listenerId }) => listenerId));
    this.#refusals = refusals;
    for (const refusal of refusals) {
      if (!before.delete(refusal.listenerId)) this.#callbacks.onRefused(refusal, compiled);
    }
    for (const id of before) if (compiled.snapshot.listeners.has(id)) this.#callbacks.onOpened(id);
  }
}

/** The writes that fail: each refusal fails the last write that changed the listener or its load balancer. */
export function refusedWrites(
  writes: readonly Write[],
  refusals: readonly Refusal[],
  { sources }: Compiled,
): Map<Write, Refusal> {
  const refused = new Map<Write, Refusal>();
  for (const refusal of refusals) {
    const [listener, loadBalancer] = sources.get(refusal.listenerId) ?? [];
    const hasPut = (write: Write, object: unknown) =>
      write.changes.some((change) => 'put' in change && change.put === object);
    const write = writes.findLast((each) => hasPut(each, listener) || hasPut(each, loadBalancer));
    if (write === undefined) continue;
    // A refusal names a listener's property. If a load balancer's write caused it, the property is `address`.
    const problem = hasPut(write, listener) ? refusal.problem : { ...refusal.problem, path: 'address' };
    refused.set(write, { ...refusal, problem });
  }
  return refused;
}
