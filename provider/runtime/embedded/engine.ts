// The embedded data plane: worker threads serve snapshots, and the main thread drives them and reads their counters.

import { withDeadline } from '../../model/base/deadline.ts';
import type { Engine, HealthChange, HealthView, PassiveReport, Refusal } from '../contract/engine.ts';
import type {
  DrainingTarget,
  EngineStatistics,
  EngineStatus,
  ListenerTraffic,
  TargetCounts,
} from '../contract/engine-statistics.ts';
import type { EngineWorkers, WorkerChange } from '../contract/engine-workers.ts';
import type { Shortage } from '../contract/shortage.ts';
import type { ListenerSnapshot, Snapshot } from '../contract/snapshot.ts';
import { handlesObstacle } from '../handles/bindings.ts';
import { AccessLogIntake, type AccessLogOptions } from './main-thread/access-log-intake.ts';
import { DescriptorLimit, type ReservedFiles } from './main-thread/descriptor-limit.ts';
import { endpointListeners } from './main-thread/endpoint-listeners.ts';
import { type EndpointSocket, ListeningHandles } from './main-thread/listening-handles.ts';
import { OpenEndpoints } from './main-thread/open-endpoints.ts';
import { SharedState } from './main-thread/shared-state.ts';
import { WorkerPlace } from './main-thread/worker-place.ts';
import type { CarriedState } from './shared/carried-state.ts';
import { endpointName, endpointNameOf } from './shared/endpoint.ts';
import type { Log, Sockets } from './shared/messages.ts';
import { createRateBuckets } from './shared/rate-buckets.ts';
import { CertificateCheck } from './tls/certificate-check.ts';
import { TICKET_KEY_MS, TicketKeys } from './tls/ticket-keys.ts';

/** The reason reported for a worker that `endWorker` ended. */
const REQUESTED = 'its end was requested';

interface EmbeddedEngineOptions {
  /** Number of worker threads, 1-1024. More than one needs Linux, where SO_REUSEPORT balances connections. */
  readonly workers: number;
  /** What traffic is carried on. Raw handles, the default, give way to Node's sockets where they were not tested. */
  readonly sockets?: Sockets;
  /** Destination and sample rate of the access log. `undefined` if none is kept. */
  readonly accessLog?: AccessLogOptions | undefined;
  /** The sockets of the process that this one takes over from. They are used in place of new ones. */
  readonly inherited?: readonly EndpointSocket[] | undefined;
  /** The state of that process. */
  readonly carried?: CarriedState | undefined;
  readonly log: Log;
  readonly onPassive?: (report: PassiveReport) => void;
  /** Called when the runtime was too short of something to begin `count` connections or datagrams to targets. */
  readonly onShortage?: (shortage: Shortage, count: number) => void;
  /** Called when a worker has ended, and when its replacement serves. */
  readonly onWorkerChange?: (change: WorkerChange) => void;
  /** Lifetime of one set of session ticket keys. */
  readonly ticketKeyMs?: number;
}

export class EmbeddedEngine implements Engine, EngineStatistics, EngineWorkers {
  readonly name = 'embedded';
  readonly #log: Log;
  readonly #state: SharedState;
  readonly #descriptors: DescriptorLimit;
  readonly #ticketKeys: TicketKeys;
  readonly #certificates = new CertificateCheck();
  readonly #accessLog: AccessLogIntake | undefined;
  readonly #onWorkerChange: (change: WorkerChange) => void;
  readonly #places: WorkerPlace[];
  /** The sockets that the main thread owns; `undefined` where handles cannot be used, so that each worker binds its own. */
  readonly #handles: ListeningHandles | undefined;
  readonly #endpoints: OpenEndpoints;
  #lastReplacement: Promise<unknown> = Promise.resolve();
  #desired = 0;
  #acked = 0;
  #lastError: string | undefined;
  #closing: Promise<void> | undefined;
  #destroying: Promise<void> | undefined;

  constructor(options: EmbeddedEngineOptions) {
    const { workers, accessLog, log, onPassive = () => {}, onShortage = () => {}, onWorkerChange = () => {} } = options;
    const isPortShared = process.platform === 'linux';
    if (workers > 1 && !isPortShared)
      throw new Error(
        'More than one worker needs Linux, where the sockets of one port share its connections: use one worker.',
      );
    this.#log = log;
    this.#accessLog = accessLog && new AccessLogIntake(accessLog);
    this.#onWorkerChange = onWorkerChange;
    this.#state = new SharedState(workers, options.carried);
    this.#handles = handlesObstacle === undefined ? new ListeningHandles(workers, options.inherited) : undefined;
    this.#endpoints = new OpenEndpoints(
      (question) => Promise.all(this.#places.map((place) => place.ask(question))),
      (question) => Promise.all(this.#places.map((place) => place.askUnlessStuck(question))),
      this.#handles,
    );
    this.#descriptors = new DescriptorLimit({ workers, log });
    const rates = createRateBuckets();
    const onKeys = (keys: Uint8Array) => {
      for (const place of this.#places) place.tell({ type: 'ticketKeys', keys });
    };
    const firstKeys = options.carried && Buffer.from(options.carried.ticketKeys, 'base64');
    this.#ticketKeys = new TicketKeys(options.ticketKeyMs ?? TICKET_KEY_MS, onKeys, firstKeys);
    this.#places = Array.from({ length: workers }, (_, workerId) => {
      return new WorkerPlace(workerId, {
        init: () => ({
          workerId,
          workers,
          isPortShared,
          handlesAt: this.#handles?.at,
          udpSessions: options.carried?.udpSessions ?? {},
          sockets: options.sockets ?? 'raw',
          descriptors: this.#descriptors.shared,
          rates,
          ticketKeys: this.#ticketKeys.current,
          accessLog: this.#accessLog?.init(),
          swap: this.#state.whole(this.#endpoints.served),
        }),
        onPassive,
        onShortage,
        onCapacity: (capacity) => this.#places[capacity.workerId]?.tell({ type: 'capacity', capacity }),
        onCloseIdle: (id) => this.#places[id]?.tell({ type: 'closeIdle' }),
        onAccess: (batch, init) => void this.#accessLog?.append(batch, init),
        inTurn: (replace) => this.#inTurn(replace),
        onEnded: (id, reason) => this.#workerEnded(id, reason),
        onReplaced: (id) => this.#onWorkerChange({ id, state: 'serving' }),
        log,
      });
    });
  }

  async prepare(next: Snapshot): Promise<readonly Refusal[]> {
    await this.abandon();
    const { byEndpoint, refusals } = endpointListeners(next, (listener) => this.#isServed(listener));
    const unusable = this.#certificates.refusals(next);
    // Listeners with unusable certificates are not opened: if the runtime starts with refusals, it serves the other
    // listeners, and a worker must never get an unusable certificate.
    const wanted = [...byEndpoint].filter(
      ([name, listener]) => !this.#endpoints.isServed(name) && !unusable.has(listener),
    );
    const unopened = await this.#endpoints.prepare(new Map(wanted));
    return [...refusals, ...unusable.values(), ...unopened];
  }

  async abandon(): Promise<void> {
    await this.#endpoints.abandon();
  }

  async activate(next: Snapshot, health: HealthView): Promise<void> {
    this.#desired = next.version;
    this.#lastError = undefined;
    this.#descriptors.serve(next.listeners);
    const { opened, unused } = this.#endpoints.advance(new Set([...next.listeners.values()].map(endpointNameOf)));
    // A worker that starts after this line starts with the snapshot `next`.
    const swap = this.#state.advance(next, health, opened);
    await Promise.all(
      this.#places.map(async (place) => {
        const failures = await place.swap(swap);
        if (!failures) this.#fail(`worker ${place.id} did not start in time`);
        for (const { message } of failures ?? []) this.#fail(`worker ${place.id}: ${message}`);
      }),
    );
    // Last, so that a port that is no longer used refuses clients only when the write has its response.
    await this.#endpoints.close(unused);
    this.#acked = next.version;
  }

  setHealth(changes: readonly HealthChange[]): void {
    const known = this.#state.setHealth(changes);
    if (known.length > 0) for (const place of this.#places) place.tell({ type: 'health', changes: known });
  }

  counts(targetGroupId: string, key: string): TargetCounts {
    return this.#state.counts(targetGroupId, key);
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    return this.#state.traffic(listenerId);
  }

  draining(): readonly DrainingTarget[] {
    return this.#state.draining();
  }

  /** The files that are kept back from traffic at present. */
  get reservedFiles(): ReservedFiles {
    return this.#descriptors.reserved;
  }

  status(): EngineStatus {
    const workers = this.#places.map(({ id, version, restarts, activeMs }) => {
      return { id, version, connections: this.#descriptors.openClientsOf(id), restarts, activeMs };
    });
    return {
      name: this.name,
      desired: this.#desired,
      acked: this.#acked,
      lastError: this.#lastError,
      droppedLogLines: this.#accessLog?.droppedLines,
      workers,
    };
  }

  async endWorker(id: number): Promise<boolean> {
    const place = this.#places[id];
    if (!place) return false;
    await place.end(REQUESTED);
    await place.ready;
    return true;
  }

  /** The open sockets, for a process that takes over. `undefined` if they cannot be passed. */
  get sockets(): readonly EndpointSocket[] | undefined {
    return this.#handles?.open;
  }

  /** The state with which a process that takes over goes on. */
  async carried(): Promise<CarriedState> {
    const sessions = await Promise.all(this.#places.map((place) => place.udpSessions()));
    const ticketKeys = Buffer.from(this.#ticketKeys.current).toString('base64');
    return { ticketKeys, ...this.#state.carried(), udpSessions: Object.assign({}, ...sessions) };
  }

  /** Closes the sockets of the process before this one for which there is no listener any more. */
  closeInherited(): void {
    this.#handles?.closeInherited();
  }

  /** Sets how many connections of each listener the process before this one still has open. */
  setOpenElsewhere(open: Readonly<Record<string, number>>): void {
    this.#state.setOpenElsewhere(open);
  }

  /** Stops accepting connections, because another process has the sockets. Open connections go on. */
  async closeToClients(): Promise<void> {
    await this.#endpoints.leave();
  }

  /**
   * Lets open connections finish for at most `graceMs`, while every snapshot is served to them, and stops. Idempotent.
   * Call it after `closeToClients`.
   */
  finish(graceMs: number): Promise<void> {
    this.#closing ??= this.#finish(graceMs);
    return this.#closing;
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  destroy(): Promise<void> {
    this.#ticketKeys.close();
    this.#descriptors.close();
    this.#destroying ??= Promise.all(this.#places.map((place) => place.destroy())).then(() => this.#handles?.destroy());
    return this.#destroying;
  }

  async #finish(graceMs: number): Promise<void> {
    await withDeadline(Promise.all(this.#places.map((place) => place.ask({ type: 'awaitEmpty' }))), graceMs);
    await this.destroy();
  }

  async #close(graceMs: number): Promise<void> {
    this.#handles?.closeAll();
    await withDeadline(Promise.all(this.#places.map((place) => place.ask({ type: 'close' }))), graceMs);
    await this.destroy();
  }

  /** Returns true if the listener is served at the endpoint that it has in the snapshot which is being prepared. */
  #isServed(listener: ListenerSnapshot): boolean {
    const endpoint = this.#state.endpointOf(listener.id);
    const name = endpointNameOf(listener);
    return endpoint !== undefined && this.#endpoints.isServed(name) && endpointName(endpoint) === name;
  }

  async #inTurn<T>(replace: () => Promise<T>): Promise<T> {
    const replaced = this.#lastReplacement.then(replace);
    this.#lastReplacement = replaced.catch(() => {});
    return await replaced;
  }

  #workerEnded(id: number, reason: string): void {
    this.#state.forgetWorker(id);
    this.#descriptors.forgetWorker(id);
    if (reason !== REQUESTED) this.#fail(`worker ${id} ended and is replaced: ${reason}`);
    this.#onWorkerChange({ id, state: 'ended', reason });
  }

  #fail(message: string): void {
    this.#lastError = message;
    this.#log('error', message);
  }
}
