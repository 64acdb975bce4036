// What one worker serves: bindings, listeners and targets, and the swap from one version to the next.
import type { HealthChange, PassiveReport } from '../engine.ts';
import { Binding, type BindingContext } from './binding.ts';
import { WorkerListener } from './listener.ts';
import type { Endpoint, ListenerUpsert, OpenFailure, Swap } from './messages.ts';
import { endpointName, openFailure } from './port-probe.ts';
import type { PassiveListener, Target, UnbindRule } from './target-set.ts';

export interface ServedStateContext extends BindingContext {
  readonly workerId: number;
  readonly onPassive: (report: PassiveReport) => void;
}

export class ServedState {
  readonly #context: ServedStateContext;
  readonly #listeners = new Map<string, WorkerListener>();
  /** Open, and not closing; by endpoint name. */
  readonly #bindings = new Map<string, Binding>();
  /** Closed or about to be, with connections that live on. */
  readonly #closing = new Set<Binding>();

  constructor(context: ServedStateContext) {
    this.#context = context;
  }

  /** Opens what is not open yet, without serving it. */
  async open(endpoints: readonly Endpoint[]): Promise<OpenFailure[]> {
    const missing = endpoints.filter((endpoint) => !this.#bindings.has(endpointName(endpoint)));
    const results = await Promise.all(missing.map((endpoint) => this.#open(endpoint)));
    return results.filter((failure) => failure !== undefined);
  }

  /** Closes what was opened and not served. */
  async abandon(endpoints: readonly Endpoint[]): Promise<void> {
    await this.#closeBindings(endpoints.map(endpointName));
  }

  /** Everything but the opening of sockets and the emptying of accept queues happens in one tick. */
  async swap(swap: Swap): Promise<OpenFailure[]> {
    const failures = await this.open(swap.endpoints);
    const unbound = this.#apply(swap);
    const unused = this.#serve(swap.upserted.map(({ settings }) => settings.id));
    const closed = this.#closeBindings(unused);
    // Last in the tick: whoever picks again finds the new pickers and listeners.
    for (const [target, rule] of unbound) target.tellHolds(rule);
    await closed;
    return failures;
  }

  setHealth(changes: readonly HealthChange[]): void {
    const touched = new Set<WorkerListener>();
    for (const { listenerId, key, health } of changes) {
      const listener = this.#listeners.get(listenerId);
      if (!listener) continue;
      listener.targets.setHealth(key, health);
      touched.add(listener);
    }
    for (const listener of touched) listener.targets.rebuild();
  }

  /** Stops taking connections and lets those that are under way finish; resolves when none is left. */
  async drain(): Promise<void> {
    const closed = this.#closeBindings([...this.#bindings.keys()]);
    for (const binding of this.#closing) binding.drainConnections();
    await closed;
    // The last of the accept queue came in the meantime.
    for (const binding of this.#closing) binding.drainConnections();
    await Promise.all([...this.#closing].map((binding) => binding.empty()));
  }

  async #open(endpoint: Endpoint): Promise<OpenFailure | undefined> {
    try {
      this.#bindings.set(endpointName(endpoint), await Binding.open(endpoint, this.#context));
      return undefined;
    } catch (error) {
      return openFailure(endpoint, error as NodeJS.ErrnoException);
    }
  }

  #apply(swap: Swap): Map<Target, UnbindRule> {
    const unbound = new Map<Target, UnbindRule>();
    for (const upsert of swap.upserted) {
      const listener = this.#upsertListener(upsert);
      for (const key of upsert.removed) {
        const target = listener.targets.remove(key);
        if (target) unbound.set(target, upsert.settings);
      }
      for (const target of upsert.upserted) listener.targets.upsert(target);
      listener.targets.rebuild();
    }
    for (const id of swap.removed) {
      const listener = this.#listeners.get(id);
      this.#listeners.delete(id);
      if (!listener) continue;
      for (const target of listener.targets.removeAll()) unbound.set(target, listener.snapshot);
      listener.targets.rebuild();
    }
    return unbound;
  }

  #upsertListener({ settings, selection, counters }: ListenerUpsert): WorkerListener {
    const present = this.#listeners.get(settings.id);
    if (present) {
      present.snapshot = settings;
      return present;
    }
    const { workerId, onPassive } = this.#context;
    const tell: PassiveListener = (key, error) => {
      onPassive({ listenerId: settings.id, key, ok: error === undefined, error: error?.message });
    };
    const listener = new WorkerListener(settings, selection, workerId, tell, counters);
    this.#listeners.set(settings.id, listener);
    return listener;
  }

  /** Puts each changed listener on its binding; returns the names of the bindings that no listener is on any more. */
  #serve(changed: readonly string[]): string[] {
    const used = new Set([...this.#listeners.values()].map(({ snapshot }) => endpointName(snapshot)));
    const isChanged = new Set(changed);
    for (const [id, listener] of this.#listeners) {
      const binding = this.#bindings.get(endpointName(listener.snapshot));
      // A listener that had to wait for its socket is served once that is open, though nothing of it changed.
      if (binding && (isChanged.has(id) || !binding.isServing)) binding.serve(listener);
    }
    return [...this.#bindings.keys()].filter((name) => !used.has(name));
  }

  async #closeBindings(names: readonly string[]): Promise<void> {
    const closing = names.map((name) => {
      const binding = this.#bindings.get(name);
      if (!binding) return undefined;
      this.#bindings.delete(name);
      this.#closing.add(binding);
      const closed = binding.close();
      void closed.then(() => binding.empty()).then(() => this.#closing.delete(binding));
      return closed;
    });
    await Promise.all(closing);
  }
}
