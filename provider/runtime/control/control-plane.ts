// The control plane: takes the API's writes, hands targets over, and keeps writer, monitor and engine in step; running-state.ts tells how it runs.
import { randomBytes, randomUUID } from 'node:crypto';
import { WeirError } from '../../model/base/errors.ts';
import type { Kind } from '../../model/base/kinds.ts';
import type { PropertiesOf } from '../../model/objects/schemas.ts';
import { KIND_ACTIONS } from '../../model/permissions/actions.ts';
import type { Compiled } from '../compile/compile.ts';
import type { Engine, HealthChange, PassiveReport, Refusal } from '../contract/engine.ts';
import type { EngineStatistics } from '../contract/engine-statistics.ts';
import type { EngineWorkers, WorkerChange } from '../contract/engine-workers.ts';
import { HealthMonitor } from '../health/monitor.ts';
import type { Probe } from '../health/probe.ts';
import type { Store } from '../store/store.ts';
import { Model } from '../stored/model.ts';
import type { StoredModel, StoredObject } from '../stored/object.ts';
import { expireServers, hasExpired } from '../stored/servers.ts';
import { NEEDS_OF_WORKERS, needsOfListener } from './access/permissions.ts';
import { Background } from './background.ts';
import { EventLog } from './events/event-log.ts';
import { writeEvents } from './events/write-events.ts';
import { HealthRecords } from './health/health-records.ts';
import { HealthWaits } from './health/health-waits.ts';
import { RunningState } from './health/running-state.ts';
import { deleteObject, type Precondition, patchedAttachment, putObject, type TargetsPatch } from './write/changes.ts';
import { joinGroup, leaveGroup } from './write/groups.ts';
import type { VipPool } from './write/vip-pool.ts';
import { Writer } from './write/writer.ts';

const HEALTH_SAVE_MS = 1000;
const RETRY_REFUSED_MS = 1000;
const EXPIRE_MS = 1000;

export interface ControlPlaneOptions {
  readonly stored: StoredModel;
  readonly store: Store;
  /** Only some have workers. What it tells by itself goes to `report` and `workerChanged`. */
  readonly engine: Engine & EngineStatistics & Partial<EngineWorkers>;
  readonly pool: VipPool;
  readonly probe: Probe;
  readonly ackTimeoutMs: number;
  readonly nowMs: () => number;
  readonly onError: (error: unknown) => void;
}

/** What comes with a put beside the properties. */
export interface Identity {
  readonly owner?: string | undefined;
  readonly incarnation?: string | undefined;
}

export class ControlPlane {
  readonly events: EventLog;
  readonly running: RunningState;
  readonly #options: ControlPlaneOptions;
  readonly #monitor: HealthMonitor;
  readonly #writer: Writer;
  readonly #waits: HealthWaits;
  readonly #records: HealthRecords;
  readonly #background: Background;
  /** From the first snapshot served to the end. */
  #isServing = false;

  constructor(options: ControlPlaneOptions) {
    const { stored, store, engine, probe, ackTimeoutMs, nowMs } = options;
    this.#options = options;
    this.events = new EventLog(nowMs);
    this.#monitor = new HealthMonitor({
      probe,
      nowMs,
      onChange: (changes) => this.#healthTurned(changes),
      onFirstCheck: () => this.#waits.look(),
    });
    this.running = new RunningState(engine, this.#monitor, () => this.model);
    this.#waits = new HealthWaits(this.#monitor, probe, this.running);
    this.#records = new HealthRecords(this.#monitor, store, nowMs);
    this.#background = new Background(options.onError);
    this.#writer = new Writer({
      model: Model.of(stored.version, stored.objects),
      store,
      engine,
      health: (groupId, key) => this.#monitor.health(groupId, key),
      ackTimeoutMs,
      handOver: (write) => this.#waits.handOver(write),
      onCommit: ({ snapshot }, proven) => {
        for (const { groupId, key } of proven) this.#monitor.seed(groupId, key, 'healthy');
        this.#monitor.apply(snapshot);
        this.#transferSockets();
        this.#waits.look();
      },
      onServed: (before, changes) => {
        for (const { event, needs } of writeEvents(before, changes)) this.events.append(event, needs);
      },
      onRefused: (refusal, compiled) => {
        const needs = needsOfListener(compiled, refusal.listenerId, KIND_ACTIONS.listeners.read);
        this.events.append({ type: 'listener', state: 'refused', ...refusal }, needs);
      },
      onOpened: (listenerId) => {
        const needs = needsOfListener(this.compiled, listenerId, KIND_ACTIONS.listeners.read);
        this.events.append({ type: 'listener', state: 'open', listenerId }, needs);
      },
    });
  }

  /** For what the engine saw of a target by itself. */
  report(report: PassiveReport): void {
    this.#monitor.report(report);
  }

  /** For a worker of the engine that ended, and for the one that replaces it. */
  workerChanged(change: WorkerChange): void {
    this.events.append({ type: 'worker', ...change }, NEEDS_OF_WORKERS);
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
    this.#transferSockets();
    await this.#expireServers();
    this.#background.every(EXPIRE_MS, () => this.#expireServers());
    this.#background.every(HEALTH_SAVE_MS, () => this.#records.saveIfDue());
    this.#background.every(RETRY_REFUSED_MS, () => this.#writer.retryRefused());
  }

  async put<K extends Kind>(
    kind: K,
    id: string,
    properties: PropertiesOf<K>,
    { owner, incarnation }: Identity,
    precondition: Precondition,
  ): Promise<StoredObject<K>> {
    const newIncarnation = randomUUID();
    const newCookieKey = randomBytes(32).toString('base64url');
    const keepsWeights = 'manageWeights' in properties && !properties.manageWeights;
    const nowMs = this.#options.nowMs();
    const written = await this.#writer.write(
      (draft) => {
        const request = { kind, id, properties, owner, incarnation, newIncarnation, newCookieKey, nowMs, keepsWeights };
        return putObject(draft, request, this.#options.pool, precondition);
      },
      nameOf(kind, id),
    );
    await this.#waits.firstChecks(this.model, this.compiled, written);
    await this.#writer.transferSockets();
    return written as StoredObject<K>;
  }

  async patchTargets(
    id: string,
    patch: TargetsPatch,
    precondition: Precondition,
  ): Promise<StoredObject<'attachments'>> {
    const kind = 'attachments';
    const written = await this.#writer.write(
      (draft) => {
        // Before the patch meets targets that are others than the caller has seen.
        const existing = draft.get(kind, id);
        precondition(draft, existing, existing);
        const identity = { owner: undefined, incarnation: undefined, newIncarnation: '', newCookieKey: '', nowMs: 0 };
        const request = { kind, id, properties: patchedAttachment(draft, id, patch), ...identity } as const;
        return putObject(draft, request, this.#options.pool, precondition);
      },
      nameOf(kind, id),
    );
    return written as StoredObject<typeof kind>;
  }

  /** A server becomes a member of a group, and with that a target of whatever the group is attached to. */
  async join(groupId: string, serverId: string, precondition: Precondition): Promise<StoredObject<'groups'>> {
    return this.#changeMember(groupId, serverId, precondition, joinGroup);
  }

  async leave(groupId: string, serverId: string, precondition: Precondition): Promise<void> {
    await this.#changeMember(groupId, serverId, precondition, leaveGroup);
  }

  async delete(kind: Kind, id: string, incarnation: string | undefined, precondition: Precondition): Promise<void> {
    await this.#writer.write(
      (draft) => {
        precondition(draft, draft.get<Kind>(kind, id), undefined);
        deleteObject(draft, kind, id, incarnation);
        return undefined;
      },
      nameOf(kind, id),
    );
  }

  /** Resolves when every target of weight > 0 takes traffic; after `seconds` rejects with those that do not. */
  async awaitHealthy(id: string, seconds: number): Promise<void> {
    await this.#waits.healthy(id, seconds);
  }

  /** Ends one worker; resolves when another serves in its place. */
  async endWorker(id: number): Promise<void> {
    const { engine, ackTimeoutMs } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new WeirError('Timeout', `Worker ${id} was ended, and the one in its place does not serve yet.`));
    }, ackTimeoutMs);
    try {
      const isThere = await Promise.race([engine.endWorker?.(id), late.promise]);
      if (!isThere) throw new WeirError('NotFound', `There is no worker ${id}.`);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Finishes the writes under way, and ends those that wait for health; the engine serves on. */
  async close(): Promise<void> {
    this.#isServing = false;
    this.#background.close();
    this.#waits.close();
    await this.#writer.close();
    await this.#records.save();
    this.#monitor.close();
  }

  /** Members are written one by one: only the same one's newer write ends one that waits. */
  async #changeMember(
    groupId: string,
    serverId: string,
    precondition: Precondition,
    changeGroup: typeof joinGroup,
  ): Promise<StoredObject<'groups'>> {
    return await this.#writer.write(
      (draft) => {
        const group = draft.get('groups', groupId);
        precondition(draft, group, group);
        return changeGroup(draft, groupId, serverId);
      },
      nameOf('groups', `${groupId} ${serverId}`),
    );
  }

  async #expireServers(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (!hasExpired(this.model, nowMs)) return;
    await this.#writer.write((draft) => {
      expireServers(draft, nowMs);
      return undefined;
    });
  }

  #healthTurned(changes: readonly HealthChange[]): void {
    this.#records.turned();
    this.#options.engine.setHealth(changes);
    for (const { groupId, key: target, health } of changes) {
      const group = this.compiled.snapshot.groups.get(groupId);
      if (group === undefined) continue;
      const { listenerId: listener, ruleId: rule, targets } = group;
      const { lastError } = this.running.targetHealth(groupId, target);
      const { name } = targets.get(target) ?? {};
      const needs = needsOfListener(this.compiled, listener, KIND_ACTIONS.attachments.read);
      this.events.append({ type: 'health', listener, rule, target, name, health, lastError }, needs);
    }
    this.#transferSockets();
    this.#waits.look();
  }

  /** Whatever a waiting listener waits for may have come with a write, or with the health of a target. */
  #transferSockets(): void {
    if (this.#isServing) this.#writer.transferSockets().catch(this.#options.onError);
  }
}

/** A newer write of the same name takes the place of one that waits. */
function nameOf(kind: Kind, id: string): string {
  return `${kind} ${id}`;
}
