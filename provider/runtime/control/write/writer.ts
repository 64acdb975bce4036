// The writer, which makes every change of the model: change, compile, prepare, commit and activate a batch of writes.
import { beingTakenOver, takenOver } from '../../../model/api/taken-over.ts';
import { WeirError } from '../../../model/base/errors.ts';
import { type Compiled, type CompiledWrite, compile } from '../../compile/compile.ts';
import type { Engine, HealthView, Refusal } from '../../contract/engine.ts';
import type { EngineStatistics } from '../../contract/engine-statistics.ts';
import type { Snapshot } from '../../contract/snapshot.ts';
import type { Proven } from '../../health/monitor.ts';
import { Draft, type Model } from '../../stored/model.ts';
import type { ObjectChange, StoredObject } from '../../stored/object.ts';
import { Compiler } from './compiler.ts';
import { Pause } from './pause.ts';
import { type RefusalCallbacks, refusedWrites, StandingRefusals } from './refusals.ts';
import { dueTransfers, transferInDraft } from './socket-transfer.ts';
import type { ModelChange, Write } from './write.ts';

export interface WriterOptions extends RefusalCallbacks {
  readonly model: Model;
  /**
   * Stores the changes and their version in one transaction, with the health that targets begin with in the snapshot
   * `next`.
   */
  readonly commit: (
    version: number,
    changes: readonly ObjectChange[],
    next: Snapshot,
    proven: readonly Proven[],
  ) => Promise<void>;
  readonly engine: Engine & Pick<EngineStatistics, 'status'>;
  /** Serves the changes of a version in the process before this one too, while that one lets its connections finish. */
  readonly serveBefore?: ((version: number, changes: readonly ObjectChange[]) => Promise<void>) | undefined;
  readonly health: HealthView;
  readonly ackTimeoutMs: number;
  /** Time of day in milliseconds since 1970. */
  readonly nowMs: () => number;
  /**
   * Starts the hand-overs of a named write; called once for each write. Returns `undefined` if the write need not wait.
   * Otherwise the writer undoes the write, and repeats it with the proven targets when the promise resolves.
   */
  readonly handOver: (write: CompiledWrite) => Promise<readonly Proven[]> | undefined;
  /** Called after each commit, and when the time has changed the model, before the snapshot is served. */
  readonly onCommit: (compiled: Compiled, proven: readonly Proven[]) => void;
  /** Called when the changes of a batch are served. `before`: the model before the batch. */
  readonly onServed: (before: Model, changes: readonly ObjectChange[]) => void;
}

/** Maximum number of writes in one commit. */
const MAX_BATCH = 256;

export class Writer {
  readonly #options: WriterOptions;
  #model: Model;
  #compiled: Compiled;
  #queue: Write[] = [];
  #running: Promise<void> | undefined;
  /** Resolves when the last batch that began is served, or has failed. */
  #batch: Promise<void> = Promise.resolve();
  #isClosed = false;
  #isRetired = false;
  readonly #pause = new Pause(() => this.#rejectQueued(beingTakenOver()));
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

  /** Serves the stored model at the start. A listener that cannot be opened is kept as a refusal. */
  async start(): Promise<void> {
    this.#options.onCommit(this.#compiled, []);
    await this.#serve(this.#compiled);
  }

  /**
   * Makes a change of the model. Resolves with the result of the change once the engine serves it. A write with a name
   * may wait for hand-overs first.
   */
  write<T extends StoredObject | undefined>(change: ModelChange<T>, name?: string, caller?: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enqueue({
        name,
        caller,
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
      write.reject(this.#isRetired ? takenOver() : new WeirError('SystemBusy', 'The runtime is stopping.'));
      return;
    }
    if (this.#pause.isLong) {
      write.reject(beingTakenOver());
      return;
    }
    // A write that has waited for hand-overs goes first, because the queue may hold a newer write with the same name.
    if (write.proven === undefined) this.#queue.push(write);
    else this.#queue.unshift(write);
    this.#running ??= this.#run();
  }

  /** Serves what follows from the time: servers that have expired since, or have not any more. */
  async followTime(): Promise<void> {
    if (this.#model.at(this.#options.nowMs()) !== this.#model) await this.write(() => undefined);
  }

  /** Tries again to open refused listeners. Does nothing if there are none. */
  async retryRefused(): Promise<void> {
    if (this.refusals.length > 0) await this.write(() => undefined);
  }

  /**
   * Starts a write that transfers each due VIP:port to its waiting listener. Resolves when no transfer is due and each
   * one that has begun is served.
   */
  async writeDueTransfers(): Promise<void> {
    const due = dueTransfers(this.#model, this.#compiled.snapshot, this.#options.health);
    if (due.length > 0) await this.write(() => undefined);
    // Otherwise another caller's transfer may be in the model already, although the engine does not serve it yet.
    else await this.#batch;
  }

  /** Rejects new writes and resolves when the queued writes are finished. Writes that a pause holds back are rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#pause.ended !== undefined) this.#rejectQueued(new WeirError('SystemBusy', 'The runtime is stopping.'));
    this.resume();
    await this.#running;
  }

  /**
   * Begins no further batch. Resolves when the one under way is served. Writes wait until `resume`, but not longer than
   * a short take-over lasts.
   */
  async pause(): Promise<void> {
    this.#pause.begin();
    await this.#batch;
  }

  resume(): void {
    this.#pause.end();
  }

  #rejectQueued(error: WeirError): void {
    for (const write of this.#queue.splice(0)) write.reject(error);
  }

  /** Rejects all writes that wait, and new ones, because another process has taken over. Call it after `pause`. */
  retire(): void {
    this.#isClosed = true;
    this.#isRetired = true;
    this.#rejectQueued(takenOver());
    this.resume();
  }

  /** Serves changes that another process has stored, in a runtime that it has taken over from. */
  async follow(version: number, changes: readonly ObjectChange[]): Promise<void> {
    const before = this.#model;
    const model = before.with(version, changes).at(this.#options.nowMs());
    const compiled = new Compiler(before, this.#compiled).compile(model);
    this.#model = model;
    this.#compiled = compiled;
    this.#options.onCommit(compiled, []);
    await this.#options.engine.activate(compiled.snapshot, this.#options.health);
    this.#options.onServed(before, changes);
  }

  async #run(): Promise<void> {
    // Wait one event-loop iteration, so writes that arrive together are committed together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      await this.#pause.ended;
      if (this.#queue.length === 0) break;
      this.#batch = this.#runBatch(this.#queue.splice(0, MAX_BATCH));
      await this.#batch;
    }
    this.#running = undefined;
  }

  async #runBatch(batch: readonly Write[]): Promise<void> {
    let writes = batch;
    try {
      for (;;) {
        const nowMs = this.#options.nowMs();
        const draft = new Draft(this.#model.at(nowMs), nowMs);
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

  /**
   * Stores and serves the draft of a batch. If the engine refuses writes of the batch, stores nothing, rejects these
   * writes, and returns them with their refusals.
   */
  async #publish(draft: Draft, compiler: Compiler, writes: readonly Write[]): Promise<ReadonlyMap<Write, Refusal>> {
    const { engine, health } = this.#options;
    const proven = writes.flatMap((write) => write.proven ?? []);
    // Due VIP:port transfers are part of the batch's commit, so in no version do requests lack a target.
    transferInDraft(draft, compiler.compile(draft.toModel()).snapshot, withProven(health, proven));
    const compiled = compiler.compile(draft.toModel());
    const isOther = draft.toModel() !== this.#model;
    const mustPrepare = isOther || this.refusals.length > 0;
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
    if (isOther) await this.#commit(draft, compiled, proven);
    const isNew = isOther || refusals.length < this.refusals.length;
    this.#refusals.keep(refusals, this.#compiled);
    if (isNew) await this.#activate(compiled, draft, writes);
    else if (mustPrepare) await engine.abandon();
    if (draft.isChanged) this.#options.onServed(before, draft.changes);
    return refused;
  }

  /** Applies one write to the draft. Returns false if the write failed and was rejected, or waits for a hand-over. */
  #change(write: Write, draft: Draft, compiler: Compiler): boolean {
    const before = draft.toModel();
    try {
      write.written = draft.attempt(() => write.change(draft));
    } catch (error) {
      write.reject(error);
      return false;
    }
    write.changes = draft.changesSince(before);
    const handOver = write.proven === undefined ? this.#handOver(write, before, draft, compiler) : undefined;
    write.proven ??= [];
    if (handOver === undefined) return true;
    draft.undoTo(before);
    handOver.then((proven) => this.#enqueue({ ...write, proven }), write.reject);
    return false;
  }

  #handOver({ name, caller, changes, written }: Write, before: Model, draft: Draft, compiler: Compiler) {
    const after = draft.toModel();
    // A delete with an outdated incarnation changes nothing, and must not supersede a waiting write of the new object.
    if (name === undefined || (changes.length === 0 && written === undefined)) return undefined;
    return this.#options.handOver({
      name,
      caller,
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
      // What follows from the time alone is not stored.
      if (draft.isChanged) await this.#options.commit(draft.version, draft.changes, compiled.snapshot, proven);
    } catch (error) {
      await this.#options.engine.abandon();
      throw error;
    }
    this.#model = draft.toModel();
    this.#compiled = compiled;
    this.#options.onCommit(compiled, proven);
  }

  /** Serves a snapshot. Writes fail with `Timeout` after `ackTimeoutMs`, but the next batch waits for the engine. */
  async #activate(compiled: Compiled, { version, changes }: Draft, writes: readonly Write[]): Promise<void> {
    // A write may change 50,000 bindings, so the monitor and the engine each have an event-loop iteration for them.
    await new Promise((resolve) => setImmediate(resolve));
    const { engine, health, ackTimeoutMs, serveBefore } = this.#options;
    const timer = setTimeout(() => {
      const { desired, workers } = engine.status();
      const late = workers.filter((worker) => worker.version < desired).map((worker) => `worker ${worker.id}`);
      const message = `Version ${compiled.snapshot.version} is stored, but not acknowledged by ${late.join(', ') || engine.name}.`;
      for (const write of writes) write.reject(new WeirError('Timeout', message));
    }, ackTimeoutMs);
    try {
      await Promise.all([engine.activate(compiled.snapshot, health), serveBefore?.(version, changes)]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #serve(compiled: Compiled): Promise<void> {
    this.#refusals.keep(await this.#options.engine.prepare(compiled.snapshot), compiled);
    await this.#options.engine.activate(compiled.snapshot, this.#options.health);
  }
}

/** Health as the monitor knows it, but targets that have passed a first check of a hand-over count as healthy. */
function withProven(health: HealthView, proven: readonly Proven[]): HealthView {
  if (proven.length === 0) return health;
  const names = new Set(proven.map(({ targetGroupId, key }) => `${targetGroupId} ${key}`));
  return (targetGroupId, key) => (names.has(`${targetGroupId} ${key}`) ? 'healthy' : health(targetGroupId, key));
}
