// The one way in which the model changes: lock, change, compile, prepare, commit, activate, acknowledge, for a batch of writes at a time.
import { WeirError } from '../../../model/base/errors.ts';
import { type Compiled, type CompiledWrite, compile } from '../../compile/compile.ts';
import type { Engine, HealthView, Refusal } from '../../contract/engine.ts';
import type { EngineStatistics } from '../../contract/engine-statistics.ts';
import type { Proven } from '../../health/monitor.ts';
import type { Store } from '../../store/store.ts';
import { Draft, type Model } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';
import { Compiler } from './compiler.ts';
import { type RefusalListener, refusedWrites, StandingRefusals } from './refusals.ts';
import { dueTransfers, transferSockets } from './socket-transfer.ts';
import type { ModelChange, Write } from './write.ts';

export interface WriterOptions extends RefusalListener {
  readonly model: Model;
  readonly store: Store;
  readonly engine: Engine & Pick<EngineStatistics, 'status'>;
  readonly health: HealthView;
  readonly ackTimeoutMs: number;
  /**
   * Called once for each write that has a name. Returns `undefined` if the write need not wait; else it is taken back,
   * and made again when the promise resolves, with what passed a first check meanwhile.
   */
  readonly handOver: (write: CompiledWrite) => Promise<readonly Proven[]> | undefined;
  /** Called after each commit and before the snapshot is served, with what will be served. */
  readonly onCommit: (compiled: Compiled, proven: readonly Proven[]) => void;
  /** Called when what a batch changed is served; `before` is the model that it was made to. */
  readonly onServed: (before: Model, changes: readonly ObjectChange[]) => void;
}

const MAX_BATCH = 256;

export class Writer {
  readonly #options: WriterOptions;
  #model: Model;
  #compiled: Compiled;
  #queue: Write[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;
  readonly #refusals: StandingRefusals;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#model = options.model;
    this.#compiled = compile(options.model);
    this.#refusals = new StandingRefusals(options);
  }

  get model(): Model {
    return this.#model;
  }

  get compiled(): Compiled {
    return this.#compiled;
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals.all;
  }

  /** Serves what was stored before the start; what cannot be opened is kept as a refusal. */
  async start(): Promise<void> {
    this.#options.onCommit(this.#compiled, []);
    await this.#serve(this.#compiled);
  }

  /**
   * Resolves with what the change returned, once every live data plane serves it. A write with a name may wait for the
   * first checks of what it binds in place of targets in traffic.
   */
  write<T extends StoredObject | undefined>(change: ModelChange<T>, name?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        name,
        change,
        resolve: resolve as Write['resolve'],
        reject,
        proven: undefined,
        changes: [],
        written: undefined,
      });
    });
  }

  #enqueue(write: Write): void {
    if (this.#isClosed) {
      write.reject(new WeirError('SystemBusy', 'The runtime is stopping.'));
      return;
    }
    // A write that has waited is older than all others, among which may be a newer one of the same name.
    if (write.proven === undefined) this.#queue.push(write);
    else this.#queue.unshift(write);
    this.#running ??= this.#run();
  }

  /** Tries again to open what was refused; does nothing where nothing was. */
  async retryRefused(): Promise<void> {
    if (this.refusals.length > 0) await this.write(() => undefined);
  }

  /** Lets the waiting listeners serve that are due; does nothing where none is. */
  async transferSockets(): Promise<void> {
    const due = dueTransfers(this.#model, this.#compiled.snapshot, this.#options.health);
    if (due.length > 0) await this.write(() => undefined);
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
      await this.#runBatch(this.#queue.splice(0, MAX_BATCH));
    }
    this.#running = undefined;
  }

  async #runBatch(batch: readonly Write[]): Promise<void> {
    let writes = batch;
    try {
      for (;;) {
        const draft = new Draft(this.#model);
        const compiler = new Compiler(this.#model, this.#compiled);
        writes = writes.filter((write) => this.#change(write, draft, compiler));
        const refused = await this.#publish(draft, compiler, writes);
        if (refused.size === 0) break;
        writes = writes.filter((write) => !refused.has(write));
      }
      for (const write of writes) write.resolve(write.written);
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  /** Stores and serves what the writes have made of the draft. If the engine refuses some of them, they get their responses, and nothing is done. */
  async #publish(draft: Draft, compiler: Compiler, writes: readonly Write[]): Promise<ReadonlyMap<Write, Refusal>> {
    const { engine, health } = this.#options;
    const proven = writes.flatMap((write) => write.proven ?? []);
    // In the same version: what this batch takes from the serving listener another may have had ready.
    transferSockets(draft, compiler.compile(draft.toModel()).snapshot, withProven(health, proven));
    const compiled = compiler.compile(draft.toModel());
    const mustPrepare = draft.isChanged || this.refusals.length > 0;
    const refusals = mustPrepare ? await engine.prepare(compiled.snapshot) : [];
    const newRefusals = refusals.filter((refusal) => !this.#refusals.has(refusal, this.#compiled, compiled));
    const refused = refusedWrites(writes, newRefusals, compiled);
    if (refused.size > 0) {
      await engine.abandon();
      for (const [write, refusal] of refused) {
        this.#options.onRefused(refusal, compiled);
        write.reject(new WeirError(refusal.code, refusal.problem.message, [refusal.problem]));
      }
      return refused;
    }
    const before = this.#model;
    if (draft.isChanged) await this.#commit(draft, compiled, proven);
    const isNew = draft.isChanged || refusals.length < this.refusals.length;
    this.#refusals.keep(refusals, this.#compiled);
    if (isNew) await this.#activate(compiled, writes);
    else if (mustPrepare) await engine.abandon();
    if (draft.isChanged) this.#options.onServed(before, draft.changes);
    return refused;
  }

  /** Returns false if the write was refused, and has been responded, or waits for a hand-over. */
  #change(write: Write, draft: Draft, compiler: Compiler): boolean {
    const before = draft.toModel();
    try {
      write.written = draft.attempt(() => write.change(draft));
    } catch (error) {
      write.reject(error);
      return false;
    }
    write.changes = draft.changes.slice(draft.changes.length - (draft.version - before.version));
    const handOver = write.proven === undefined ? this.#handOver(write, before, draft, compiler) : undefined;
    write.proven ??= [];
    if (handOver === undefined) return true;
    draft.undoTo(before);
    handOver.then((proven) => this.#enqueue({ ...write, proven }), write.reject);
    return false;
  }

  #handOver({ name, changes, written }: Write, before: Model, draft: Draft, compiler: Compiler) {
    const after = draft.toModel();
    // A delete of what was created anew since does nothing, and ends no write that waits.
    if (name === undefined || (changes.length === 0 && written === undefined)) return undefined;
    return this.#options.handOver({
      name,
      model: before,
      changes,
      written,
      get before() {
        return compiler.compile(before);
      },
      get after() {
        return compiler.compile(after);
      },
    });
  }

  async #commit(draft: Draft, compiled: Compiled, proven: readonly Proven[]): Promise<void> {
    try {
      await this.#options.store.commit(draft.version, draft.changes);
    } catch (error) {
      await this.#options.engine.abandon();
      throw error;
    }
    this.#model = draft.toModel();
    this.#compiled = compiled;
    this.#options.onCommit(compiled, proven);
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
    this.#refusals.keep(await this.#options.engine.prepare(compiled.snapshot), compiled);
    await this.#options.engine.activate(compiled.snapshot, this.#options.health);
  }
}

function withProven(health: HealthView, proven: readonly Proven[]): HealthView {
  if (proven.length === 0) return health;
  const isProven = (targetGroupId: string, key: string) =>
    proven.some((target) => target.targetGroupId === targetGroupId && target.key === key);
  return (targetGroupId, key) => (isProven(targetGroupId, key) ? 'healthy' : health(targetGroupId, key));
}
