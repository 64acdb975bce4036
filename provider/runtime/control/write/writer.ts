// The one way in which the model changes: lock, change, compile, prepare, commit, activate, acknowledge, for a batch of writes at a time.
import { WeirError } from '../../../model/base/errors.ts';
import { type Compiled, compile } from '../../compile/compile.ts';
import type { Engine, HealthView, Refusal } from '../../contract/engine.ts';
import { listenerOf } from '../../contract/snapshot.ts';
import type { Store } from '../../store/store.ts';
import { Draft, type Model } from '../../stored/model.ts';
import type { ObjectChange } from '../../stored/object.ts';
import { dueTakeOvers, takeOver } from './socket-transfer.ts';

/** Changes the draft, or throws and leaves it as it was. */
export type Change = (draft: Draft) => void;

export interface WriterOptions {
  readonly model: Model;
  readonly store: Store;
  readonly engine: Engine;
  readonly health: HealthView;
  readonly ackTimeoutMs: number;
  /** Called after each commit and before the snapshot is served, with what will be served. */
  readonly onCommit: (compiled: Compiled) => void;
  /** Called when what a batch changed is served; `before` is the model that it was made to. */
  readonly onServed: (before: Model, changes: readonly ObjectChange[]) => void;
  /** A write was refused because of this listener, or a stored one cannot be opened; with what it was compiled to. */
  readonly onRefused: (refusal: Refusal, compiled: Compiled) => void;
  /** A stored listener that was refused could be opened. */
  readonly onOpened: (listenerId: string) => void;
}

interface Write {
  readonly change: Change;
  readonly resolve: (model: Model) => void;
  readonly reject: (error: unknown) => void;
  /** What it changed in the draft of its batch. */
  changes: readonly ObjectChange[];
}

const MAX_BATCH = 256;

export class Writer {
  readonly #options: WriterOptions;
  #model: Model;
  #compiled: Compiled;
  #queue: Write[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;
  #refusals: readonly Refusal[] = [];

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#compiled = compile(options.model);
  }

  get model(): Model {
    return this.#model;
  }

  get compiled(): Compiled {
    return this.#compiled;
  }

  /** The listeners that are stored but cannot be opened now, such as one whose port was taken while the runtime was down. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** Serves what was stored before the start; what cannot be opened is kept as a refusal. */
  async start(): Promise<void> {
    this.#options.onCommit(this.#compiled);
    await this.#serve(this.#compiled);
  }

  /** Resolves with the model after the change, once every live data plane serves it. */
  write(change: Change): Promise<Model> {
    if (this.#isClosed) return Promise.reject(new WeirError('SystemBusy', 'The runtime is stopping.'));
    return new Promise((resolve, reject) => {
      this.#queue.push({ change, resolve, reject, changes: [] });
      this.#running ??= this.#run();
    });
  }

  /** Tries again to open what was refused; does nothing where nothing was. */
  async retryRefused(): Promise<void> {
    if (this.#refusals.length > 0) await this.write(() => {});
  }

  /** Lets the waiting listeners serve that are due; does nothing where none is. */
  async takeOver(): Promise<void> {
    if (dueTakeOvers(this.#model, this.#compiled.snapshot, this.#options.health).length > 0) await this.write(() => {});
  }

  /** Refuses new writes and lets those under way finish. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the event loop: writes that arrive together are committed together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, MAX_BATCH);
      try {
        await this.#runBatch(batch);
      } catch (error) {
        for (const write of batch) write.reject(error);
      }
    }
    this.#running = undefined;
  }

  async #runBatch(batch: readonly Write[]): Promise<void> {
    let writes = batch;
    for (;;) {
      const draft = new Draft(this.#model);
      writes = writes.filter((write) => tryChange(write, draft));
      let compiled = draft.isChanged ? compile(draft, this.#compiled) : this.#compiled;
      // In the same version: what this batch takes from the serving listener another may have had ready.
      if (takeOver(draft, compiled.snapshot, this.#options.health)) compiled = compile(draft, compiled);
      const mustPrepare = draft.isChanged || this.#refusals.length > 0;
      const refusals = mustPrepare ? await this.#options.engine.prepare(compiled.snapshot) : [];
      const newRefusals = refusals.filter((refusal) => !this.#stands(refusal, compiled));
      const refused = refusedWrites(writes, newRefusals, compiled);
      if (refused.size > 0) {
        await this.#options.engine.abandon();
        for (const [write, refusal] of refused) {
          this.#options.onRefused(refusal, compiled);
          write.reject(new WeirError(refusal.code, refusal.problem.message, [refusal.problem]));
        }
        writes = writes.filter((write) => !refused.has(write));
        continue;
      }
      const before = this.#model;
      if (draft.isChanged) await this.#commit(draft, compiled);
      const isNew = draft.isChanged || refusals.length < this.#refusals.length;
      this.#keepRefusals(refusals);
      if (isNew) await this.#activate(compiled, writes);
      else if (mustPrepare) await this.#options.engine.abandon();
      if (draft.isChanged) this.#options.onServed(before, draft.changes);
      for (const write of writes) write.resolve(this.#model);
      return;
    }
  }

  /** A listener that could not be opened before this batch either, for what no write has changed: none is to blame for it. */
  #stands({ listenerId, problem }: Refusal, { snapshot }: Compiled): boolean {
    if (!this.#refusals.some((refusal) => refusal.listenerId === listenerId)) return false;
    const served = listenerOf(this.#compiled.snapshot, listenerId);
    const next = listenerOf(snapshot, listenerId);
    if (problem.path.startsWith('certificates')) return served?.certificates === next?.certificates;
    return served?.address === next?.address && served?.port === next?.port;
  }

  async #commit(draft: Draft, compiled: Compiled): Promise<void> {
    try {
      await this.#options.store.commit(draft.version, draft.changes);
    } catch (error) {
      await this.#options.engine.abandon();
      throw error;
    }
    this.#model = draft.toModel();
    this.#compiled = compiled;
    this.#options.onCommit(compiled);
  }

  /** After `ackTimeoutMs` the writes hear `Timeout`; the next batch still waits until the planes have settled. */
  async #activate(compiled: Compiled, writes: readonly Write[]): Promise<void> {
    const { engine, health, ackTimeoutMs } = this.#options;
    const timer = setTimeout(() => {
      const { desired, workers } = engine.status();
      const late = workers.filter((worker) => worker.version < desired).map((worker) => `worker ${worker.id}`);
      const message = `Version ${compiled.snapshot.version} is stored, but not acknowledged by ${late.join(', ') || engine.name}.`;
      for (const write of writes) write.reject(new WeirError('Timeout', message));
    }, ackTimeoutMs);
    try {
      await engine.activate(compiled.snapshot, health);
    } finally {
      clearTimeout(timer);
    }
  }

  async #serve(compiled: Compiled): Promise<void> {
    this.#keepRefusals(await this.#options.engine.prepare(compiled.snapshot));
    await this.#options.engine.activate(compiled.snapshot, this.#options.health);
  }

  /** Of those that stand from before nothing is told again: they are tried every second. */
  #keepRefusals(refusals: readonly Refusal[]): void {
    const before = new Set(this.#refusals.map(({ listenerId }) => listenerId));
    this.#refusals = refusals;
    for (const refusal of refusals)
      if (!before.delete(refusal.listenerId)) this.#options.onRefused(refusal, this.#compiled);
    for (const id of before) if (this.#compiled.snapshot.listeners.has(id)) this.#options.onOpened(id);
  }
}

/** False where the write was refused; it has been answered then. */
function tryChange(write: Write, draft: Draft): boolean {
  const before = draft.changes.length;
  try {
    write.change(draft);
    write.changes = draft.changes.slice(before);
    return true;
  } catch (error) {
    write.reject(error);
    return false;
  }
}

/** A refusal answers the write that changed the listener or its load balancer; one that nobody here caused stands from before. */
function refusedWrites(
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
