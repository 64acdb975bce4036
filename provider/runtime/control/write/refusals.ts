// Listeners that the engine refuses to open: which write is to blame, and which stand from before.
import type { Compiled } from '../../compile/compile.ts';
import type { Refusal } from '../../contract/engine.ts';
import { listenerOf } from '../../contract/snapshot.ts';
import type { Write } from './write.ts';

export interface RefusalListener {
  /** A write was refused because of this listener, or a stored one cannot be opened; with what it was compiled to. */
  readonly onRefused: (refusal: Refusal, compiled: Compiled) => void;
  /** A stored listener that was refused could be opened. */
  readonly onOpened: (listenerId: string) => void;
}

/** The listeners that are stored but cannot be opened now, such as one whose port was taken while the runtime was down. */
export class StandingRefusals {
  readonly #listener: RefusalListener;
  #refusals: readonly Refusal[] = [];

  constructor(listener: RefusalListener) {
    this.#listener = listener;
  }

  get all(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Whether the listener could not be opened before either, for what no write has changed: none is to blame for it. */
  has({ listenerId, problem }: Refusal, served: Compiled, next: Compiled): boolean {
    if (!this.#refusals.some((refusal) => refusal.listenerId === listenerId)) return false;
    const before = listenerOf(served.snapshot, listenerId);
    const after = listenerOf(next.snapshot, listenerId);
    if (problem.path.startsWith('certificates')) return before?.certificates === after?.certificates;
    return before?.address === after?.address && before?.port === after?.port;
  }

  /** Keeps these. Those that stand from before are not told again: they are tried every second. */
  keep(refusals: readonly Refusal[], compiled: Compiled): void {
    const before = new Set(this.#refusals.map(({ listenerId }) => listenerId));
    this.#refusals = refusals;
    for (const refusal of refusals) {
      if (!before.delete(refusal.listenerId)) this.#listener.onRefused(refusal, compiled);
    }
    for (const id of before) if (compiled.snapshot.listeners.has(id)) this.#listener.onOpened(id);
  }
}

/** A refusal responds to the write that changed the listener or its load balancer; one that nobody here caused stands from before. */
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
    // The refusal names a property of the listener; a load balancer has one that decides where its listeners are.
    const problem = hasPut(write, listener) ? refusal.problem : { ...refusal.problem, path: 'address' };
    refused.set(write, { ...refusal, problem });
  }
  return refused;
}
