// The control plane: accepts the writes of the API, and keeps model, health checks and engine in step.
import type { RuntimeEvent } from '../../model/api/events.ts';
import type { Kind } from '../../model/base/kinds.ts';
import type { MergePatch } from '../../model/base/merge-patch.ts';
import type { PropertiesOf } from '../../model/objects/schemas.ts';
import type { Compiled } from '../compile/compile.ts';
import type { Engine, PassiveReport, Refusal } from '../contract/engine.ts';
import type { EngineStatistics } from '../contract/engine-statistics.ts';
import type { EngineWorkers, WorkerChange } from '../contract/engine-workers.ts';
import { targetGroupsOf } from '../contract/snapshot.ts';
import { CheckBudget } from '../health/check-budget.ts';
import { CheckSlots } from '../health/check-slots.ts';
import { HealthMonitor, type HealthUpdate } from '../health/monitor.ts';
import type { Probe } from '../health/probe.ts';
import type { Store } from '../store/store.ts';
import { leasesOf } from '../stored/members.ts';
import { Model } from '../stored/model.ts';
import type { ObjectChange, StoredModel, StoredObject } from '../stored/object.ts';
import { Background } from './background.ts';
import { DrainWaits } from './drain/drain-waits.ts';
import { endWorker } from './end-worker.ts';
import { EventLog } from './events/event-log.ts';
import { Reports } from './events/reports.ts';
import { payerOf } from './health/check-payer.ts';
import { HealthRecords } from './health/health-records.ts';
import { HealthWaits } from './health/health-waits.ts';
import { RunningState } from './health/running-state.ts';
import { GroupLeases } from './leases/group-leases.ts';
import { Shortages } from './shortages.ts';
import type { Precondition } from './write/changes.ts';
import { type Identity, ObjectWrites } from './write/object-writes.ts';
import type { TargetGuard } from './write/target-guard.ts';
import type { VipPool } from './write/vip-pool.ts';
import { Writer } from './write/writer.ts';

/** Interval of the background work: expire servers and bring them back, confirm stored health, retry listeners that could not be opened. */
const ROUND_MS = 1000;

interface ControlPlaneOptions {
  readonly stored: StoredModel;
  readonly store: Store;
  /** The data plane, with or without workers. Its callbacks must call `report` and `workerChanged` of this class. */
  readonly engine: Engine & EngineStatistics & Partial<EngineWorkers>;
  /** What is told of traffic, if that is more than the data plane's own. */
  readonly statistics?: EngineStatistics | undefined;
  readonly pool: VipPool;
  readonly guard: TargetGuard;
  readonly probe: Probe;
  /** Returns how many health checks may be under way at present. */
  readonly maxChecks: () => number;
  readonly ackTimeoutMs: number;
  /** Serves the changes of a version in the process before this one too, while that one lets its connections finish. */
  readonly serveBefore?: ((version: number, changes: readonly ObjectChange[]) => Promise<void>) | undefined;
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
  /** Called with each event that readers of the event stream get. */
  readonly onEvent?: (event: RuntimeEvent) => void;
  /** Called from time to time while the runtime is too short of something to connect to targets. */
  readonly onShort: ConstructorParameters<typeof Shortages>[0]['onLog'];
}

export class ControlPlane {
  readonly events: EventLog;
  readonly running: RunningState;
  readonly guard: TargetGuard;
  readonly shortages: Shortages;
  readonly drains: DrainWaits;
  readonly leases: GroupLeases;
  readonly #options: ControlPlaneOptions;
  readonly #reports: Reports;
  readonly #monitor: HealthMonitor;
  readonly #writer: Writer;
  readonly #writes: ObjectWrites;
  readonly #waits: HealthWaits;
  readonly #records: HealthRecords;
  readonly #background: Background;
  /** True from the first served snapshot until the control plane closes. */
  #isServing = false;

  constructor(options: ControlPlaneOptions) {
    const { stored, store, engine, ackTimeoutMs, nowMs } = options;
    this.#options = options;
    this.guard = options.guard;
    this.events = new EventLog(nowMs, options.onEvent);
    this.#reports = new Reports(this.events);
    this.shortages = new Shortages({ nowMs, onLog: options.onShort });
    const probe = this.shortages.recorded(options.probe);
    const budget = new CheckBudget(
      () => performance.now(),
      (address) => this.guard.machineAt(address),
    );
    const slots = new CheckSlots({ max: options.maxChecks, onLate: (shortage) => this.shortages.add(shortage) });
    this.#monitor = new HealthMonitor({
      probe,
      slots,
      nowMs,
      onChange: (changes) => this.#healthChanged(changes),
      delayMs: (target, targetGroup) => budget.delayMs(payerOf(this.model, target, targetGroup), target.address),
    });
    this.#records = new HealthRecords({
      ...{ monitor: this.#monitor, store, nowMs, onError: options.onError },
      onStored: (changes) => this.#tell(changes),
    });
    this.running = new RunningState(options.statistics ?? engine, this.#records, () => this.model);
    this.#waits = new HealthWaits({ monitor: this.#monitor, probe, slots, running: this.running, budget });
    this.drains = new DrainWaits({
      draining: () => this.running.draining(),
      isServed: (listenerId, key) => {
        const listener = this.compiled.snapshot.listeners.get(listenerId);
        return listener !== undefined && targetGroupsOf(listener).some(({ targets }) => targets.has(key));
      },
    });
    this.#background = new Background(options.onError);
    this.#writer = new Writer({
      model: Model.of(stored.version, stored.objects).at(nowMs()),
      nowMs,
      engine,
      commit: (version, changes, next, proven) =>
        this.#records.commit(next, proven, (health) => store.commit(version, changes, health)),
      health: (targetGroupId, key) => this.#monitor.health(targetGroupId, key),
      ackTimeoutMs,
      serveBefore: options.serveBefore,
      handOver: (write) => this.#waits.handOver(write),
      onCommit: ({ snapshot }, proven) => {
        for (const { targetGroupId, key } of proven) this.#monitor.seed(targetGroupId, key, 'healthy');
        const { changes, ended } = this.#monitor.apply(snapshot);
        engine.setHealth(changes);
        this.#records.outdated(ended);
        this.#startDueTransfers();
        // What follows from the settings in a write needs no storing: it follows from them after a restart too.
        this.#tell(changes);
      },
      onServed: (before, changes) => {
        this.drains.served(before, this.model, changes);
        this.#reports.written(before, changes);
        this.leases.written(changes);
      },
      onRefused: (refusal, compiled) => this.#reports.refused(refusal, compiled),
      onOpened: (listenerId) => this.#reports.opened(listenerId, this.compiled),
    });
    this.#writes = new ObjectWrites({ writer: this.#writer, pool: options.pool, guard: options.guard, nowMs });
    this.leases = new GroupLeases({
      monotonicMs: () => performance.now(),
      remove: (groupId, ended) => this.#writes.endLeases(groupId, ended),
      onEnded: (lease) => this.#reports.leaseEnded(lease, this.model),
      onError: options.onError,
    });
  }

  /** Callback for the engine: a connection to a target failed, or succeeded after failures. */
  report(report: PassiveReport): void {
    this.#monitor.report(report);
  }

  /** Callback for the engine: a worker ended, or its replacement serves. */
  workerChanged(change: WorkerChange): void {
    this.#reports.workerChanged(change);
  }

  get model(): Model {
    return this.#writer.model;
  }

  get compiled(): Compiled {
    return this.#writer.compiled;
  }

  get refusals(): readonly Refusal[] {
    return this.#writer.refusals;
  }

  async start(): Promise<void> {
    this.#records.restore(this.#options.stored);
    await this.#writer.start();
    this.#isServing = true;
    this.leases.start(this.model);
    this.#startDueTransfers();
    this.#background.every(ROUND_MS, () => this.#writer.followTime());
    this.#background.every(ROUND_MS, () => this.#records.confirmIfDue());
    this.#background.every(ROUND_MS, () => this.#writer.retryRefused());
  }

  async put<K extends Kind>(
    kind: K,
    id: string,
    properties: PropertiesOf<K>,
    identity: Identity,
    precondition: Precondition,
  ): Promise<StoredObject<K>> {
    return await this.#settled(await this.#writes.put(kind, id, properties, identity, precondition), identity);
  }

  /** Changes an object by a merge patch. A patch of a stack waits like its puts, and any other does not. */
  async patch<K extends Kind>(
    kind: K,
    id: string,
    patch: MergePatch,
    identity: Identity,
    precondition: Precondition,
  ): Promise<StoredObject<K>> {
    const written = await this.#writes.patch(kind, id, patch, identity, precondition);
    return (identity.isOfStack ? await this.#settled(written, identity) : written) as StoredObject<K>;
  }

  /**
   * Adds a server to an auto scaling group, which binds the server to everything the group is attached to. `ttlSeconds`:
   * time to live of its lease; `undefined` for a membership without one. Renewing a lease writes nothing. `caller`, here
   * and below: id of the token that writes; `undefined` for the administrator.
   */
  async join(
    groupId: string,
    serverId: string,
    ttlSeconds: number | undefined,
    precondition: Precondition,
    caller?: string,
  ): Promise<StoredObject<'groups'>> {
    const present = this.model.get('groups', groupId);
    // A lease is in the model, but not in memory, while the write that begins it is not served yet.
    if (present !== undefined && ttlSeconds !== undefined && leasesOf(present)[serverId] === ttlSeconds) {
      precondition(this.model, present, present);
      if (this.leases.renew(groupId, serverId, ttlSeconds)) return present;
    }
    const group = await this.#writes.join(groupId, serverId, ttlSeconds, precondition, caller);
    if (ttlSeconds !== undefined) this.leases.renew(groupId, serverId, ttlSeconds);
    return group;
  }

  leave(groupId: string, serverId: string, precondition: Precondition, caller?: string): Promise<void> {
    return this.#writes.leave(groupId, serverId, precondition, caller);
  }

  /** `below`: precondition for each object of the same stack below this one, which are deleted with it if given. */
  delete(
    kind: Kind,
    id: string,
    incarnation: string | undefined,
    precondition: Precondition,
    caller?: string,
    below?: Precondition,
  ): Promise<void> {
    return this.#writes.delete(kind, id, incarnation, precondition, caller, below);
  }

  /** Resolves when all targets of weight > 0 take traffic. After `seconds`, rejects with the targets that do not. */
  async awaitHealthy(id: string, seconds: number): Promise<void> {
    await this.#waits.healthy(id, seconds);
  }

  /** Ends one worker. Resolves when a new worker serves in its place. */
  async endWorker(id: number): Promise<void> {
    await endWorker(this.#options.engine, id, this.#options.ackTimeoutMs);
  }

  /** Stores what is known of health, and begins no further write until `resume`. Writes wait meanwhile. */
  async pause(): Promise<void> {
    await this.#writer.pause();
    await this.#records.save();
  }

  resume(): void {
    this.#writer.resume();
  }

  /** Stops writing for good, because another process has taken over. The engine keeps serving. Call it after `pause`. */
  retire(): void {
    this.#isServing = false;
    this.leases.close();
    this.#background.close();
    this.#records.retire();
    this.#waits.close();
    this.drains.close();
    this.#writer.retire();
  }

  /** Serves changes that the process which has taken over has stored. */
  async follow(version: number, changes: readonly ObjectChange[]): Promise<void> {
    await this.#writer.follow(version, changes);
  }

  /** Finishes the current writes and rejects writes that wait for health. The engine keeps serving. */
  async close(): Promise<void> {
    this.#isServing = false;
    this.leases.close();
    this.#background.close();
    this.#waits.close();
    this.drains.close();
    await this.#writer.close();
    // Without it, targets are checked anew after the start. A full disk does not end requests that are under way.
    await this.#records.close().catch(this.#options.onError);
    this.#monitor.close();
  }

  /** Waits for what a stack relies on when a write has its response: first checks of targets, and due transfers. */
  async #settled<K extends Kind>(written: StoredObject, { isOfStack }: Identity): Promise<StoredObject<K>> {
    await this.#waits.afterWrite(this.model, this.compiled, written, isOfStack);
    await this.#writer.writeDueTransfers();
    return written as StoredObject<K>;
  }

  #healthChanged(changes: readonly HealthUpdate[]): void {
    if (changes.length > 0) {
      this.#options.engine.setHealth(changes);
      this.#records.changed(changes);
      this.#startDueTransfers();
    }
    this.#waits.look();
  }

  /** Tells everybody of health changes. */
  #tell(changes: readonly HealthUpdate[]): void {
    if (changes.length > 0) this.#reports.healthChanged(changes, this.compiled);
    this.#waits.look();
  }

  /** Called after each write and health change, because either may let a waiting listener take over its VIP:port. */
  #startDueTransfers(): void {
    if (this.#isServing) this.#writer.writeDueTransfers().catch(this.#options.onError);
  }
}
