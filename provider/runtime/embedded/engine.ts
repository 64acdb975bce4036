// The embedded data plane, main thread: brings worker threads from snapshot to snapshot and reads what they count.
import type {
  DrainingTarget,
  Engine,
  EngineStatus,
  HealthChange,
  HealthView,
  ListenerTraffic,
  PassiveReport,
  Refusal,
  TargetCounts,
  WorkerChange,
} from '../contract/engine.ts';
import type { CertificateSnapshot, ListenerSnapshot, Snapshot } from '../contract/snapshot.ts';
import type { AccessLogInit, Batch } from './access-log/access-log.ts';
import { Budget, createBudget, SharedCount } from './access-log/budget.ts';
import { endpointOwners } from './main-thread/endpoint-owners.ts';
import { isHeldByAnother } from './main-thread/port-holders.ts';
import { probePort, refusal } from './main-thread/port-probe.ts';
import { SharedState } from './main-thread/shared-state.ts';
import { WorkerPlace } from './main-thread/worker-place.ts';
import { ConnectionGauge, createGauges } from './shared/counters.ts';
import {
  type Endpoint,
  endpointName,
  endpointNameOf,
  type OpenFailure,
  overlaps,
  toEndpoint,
} from './shared/endpoint.ts';
import type { Log } from './shared/messages.ts';
import { certificateProblem } from './tls/contexts.ts';
import { TICKET_KEY_MS, TicketKeys } from './tls/ticket-keys.ts';

/** A worker that is later than this is ended and replaced: dataplane, "What an acknowledgement proves". */
const SWAP_DEADLINE_MS = 2_000;
/** A worker whose replacement does not come up by then is not live, and is not waited for. */
const REPLACEMENT_DEADLINE_MS = 5_000;
/** Why a worker ended that nothing was wrong with. */
const ASKED = 'it was asked for';

/** Where the access log goes. */
interface AccessLogOptions {
  /** Above 0; 1: a line for every exchange, connection and session. */
  readonly sampleRate: number;
  /** Whole lines; resolves when they are written, or with false when they are given up. */
  readonly append: (text: string) => Promise<boolean>;
}

interface EmbeddedEngineOptions {
  /** 1-1024; more than one needs SO_REUSEPORT that balances, that is Linux. */
  readonly workers: number;
  /** Undefined: none is kept. */
  readonly accessLog?: AccessLogOptions | undefined;
  readonly log: Log;
  /** How long one set of session-ticket keys is used. */
  readonly ticketKeyMs?: number;
}

export class EmbeddedEngine implements Engine {
  readonly name = 'embedded';
  onPassive: (report: PassiveReport) => void = () => {};
  onWorkerChange: (change: WorkerChange) => void = () => {};
  readonly #log: Log;
  readonly #state: SharedState;
  readonly #gauges: SharedArrayBuffer;
  readonly #ticketKeys: TicketKeys;
  /** Certificates that OpenSSL takes. */
  readonly #usable = new WeakSet<readonly CertificateSnapshot[]>();
  readonly #accessLog: AccessLogOptions | undefined;
  readonly #droppedLines = new SharedCount();
  readonly #places: WorkerPlace[];
  /** What the workers have open and serve, by endpoint name. */
  readonly #open = new Map<string, Endpoint>();
  /** What the last prepare opened. */
  readonly #prepared = new Map<string, Endpoint>();
  #desired = 0;
  #acked = 0;
  #lastError: string | undefined;
  #closing: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor({ workers, accessLog, log, ticketKeyMs = TICKET_KEY_MS }: EmbeddedEngineOptions) {
    const isPortShared = process.platform === 'linux';
    if (workers > 1 && !isPortShared)
      throw new Error('More than one worker needs Linux: only there do sockets of one port share its connections.');
    this.#log = log;
    this.#accessLog = accessLog;
    this.#state = new SharedState(workers);
    this.#gauges = createGauges(workers);
    this.#ticketKeys = new TicketKeys(ticketKeyMs, (keys) => {
      for (const place of this.#places) place.tell({ type: 'ticketKeys', keys });
    });
    this.#places = Array.from({ length: workers }, (_, workerId) => {
      return new WorkerPlace(workerId, {
        init: () => ({
          workerId,
          workers,
          isPortShared,
          gauges: this.#gauges,
          ticketKeys: this.#ticketKeys.current,
          accessLog: accessLog && this.#accessInit(accessLog),
          swap: this.#state.whole([...this.#open.values()]),
        }),
        onPassive: (report) => this.onPassive(report),
        onAccess: (batch, init) => void this.#append(batch, init),
        onEnded: (id, reason) => this.#workerEnded(id, reason),
        onReplaced: (id) => this.onWorkerChange({ id, state: 'serving' }),
        log,
      });
    });
  }

  async prepare(next: Snapshot): Promise<readonly Refusal[]> {
    await this.abandon();
    const { owners, refusals: overlapping } = endpointOwners(next, (listener) => this.#isServed(listener));
    const unusable = this.#refusedCertificates(next);
    const refusals = [...overlapping, ...unusable.values()];
    // At a start the rest is served: no worker may meet a certificate that it cannot use.
    const wanted = new Map([...owners].filter(([name, owner]) => !this.#open.has(name) && !unusable.has(owner)));
    const endpoints = [...wanted.values()].map(toEndpoint);
    const probed = await Promise.all(endpoints.map((endpoint) => this.#probe(endpoint)));
    const failures = probed.filter((failure) => failure !== undefined);
    const free = endpoints.filter((_, index) => !probed[index]);
    failures.push(...(await this.#openInWorkers(free)));
    const failed = new Map(failures.map((failure) => [endpointName(failure.endpoint), failure]));
    for (const endpoint of free) {
      const name = endpointName(endpoint);
      if (!failed.has(name)) this.#prepared.set(name, endpoint);
    }
    for (const [name, listener] of wanted) {
      const failure = failed.get(name);
      if (failure) refusals.push(refusal(listener.id, failure));
    }
    return refusals;
  }

  async abandon(): Promise<void> {
    const endpoints = [...this.#prepared.values()];
    this.#prepared.clear();
    await this.#closeInWorkers(endpoints);
  }

  async activate(next: Snapshot, health: HealthView): Promise<void> {
    this.#desired = next.version;
    this.#lastError = undefined;
    const prepared = new Map(this.#prepared);
    this.#prepared.clear();
    const used = new Set([...next.listeners.values()].map(endpointNameOf));
    for (const [name, endpoint] of prepared) this.#open.set(name, endpoint);
    for (const name of this.#open.keys()) if (!used.has(name)) this.#open.delete(name);
    const endpoints = [...prepared].filter(([name]) => used.has(name)).map(([, endpoint]) => endpoint);
    // From here on a worker that starts anew starts with `next`.
    const swap = this.#state.advance(next, health, endpoints);
    await Promise.all(
      this.#places.map(async (place) => {
        const failures = await withDeadline(
          place.swap(swap, SWAP_DEADLINE_MS),
          SWAP_DEADLINE_MS + REPLACEMENT_DEADLINE_MS,
        );
        if (!failures) this.#fail(`worker ${place.id} does not start`);
        for (const { message } of failures ?? []) this.#fail(`worker ${place.id}: ${message}`);
      }),
    );
    this.#acked = next.version;
  }

  setHealth(changes: readonly HealthChange[]): void {
    const known = this.#state.setHealth(changes);
    if (known.length > 0) for (const place of this.#places) place.tell({ type: 'health', changes: known });
  }

  counts(groupId: string, key: string): TargetCounts {
    return this.#state.counts(groupId, key);
  }

  traffic(listenerId: string): ListenerTraffic | undefined {
    return this.#state.traffic(listenerId);
  }

  draining(): readonly DrainingTarget[] {
    return this.#state.draining();
  }

  status(): EngineStatus {
    const workers = this.#places.map(({ id, version, restarts }) => {
      return { id, version, connections: new ConnectionGauge(this.#gauges, id).value, restarts };
    });
    return {
      name: this.name,
      desired: this.#desired,
      acked: this.#acked,
      lastError: this.#lastError,
      droppedLogLines: this.#accessLog && this.#droppedLines.value,
      workers,
    };
  }

  async endWorker(id: number): Promise<boolean> {
    const place = this.#places[id];
    if (!place) return false;
    await place.end(ASKED);
    await place.ready;
    return true;
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  destroy(): Promise<void> {
    this.#ticketKeys.close();
    this.#stopping ??= Promise.all(this.#places.map((place) => place.stop())).then(() => {});
    return this.#stopping;
  }

  async #close(graceMs: number): Promise<void> {
    await withDeadline(Promise.all(this.#places.map((place) => place.ask({ type: 'drain' }))), graceMs);
    await this.destroy();
  }

  /** At the endpoint that it has in the snapshot asked about. */
  #isServed(listener: ListenerSnapshot): boolean {
    const endpoint = this.#state.endpointOf(listener.id);
    const name = endpointNameOf(listener);
    return endpoint !== undefined && this.#open.has(name) && endpointName(endpoint) === name;
  }

  #refusedCertificates(next: Snapshot): Map<ListenerSnapshot, Refusal> {
    const refused = new Map<ListenerSnapshot, Refusal>();
    // Of those that wait too: when they take over it is too late to refuse the write that brought them.
    for (const listener of [...next.listeners.values(), ...next.waiting.values()]) {
      const { id: listenerId, certificates } = listener;
      if (this.#usable.has(certificates)) continue;
      const problem = certificateProblem(certificates);
      if (problem === undefined) this.#usable.add(certificates);
      else refused.set(listener, { listenerId, code: 'InvalidParameter', problem });
    }
    return refused;
  }

  /**
   * A wildcard and an address of the same port: an own socket that overlaps is none that the next snapshot uses, so that
   * the new one may open beside it, and it closes when the new one serves.
   */
  async #probe(endpoint: Endpoint): Promise<OpenFailure | undefined> {
    const failure = await probePort(endpoint);
    if (failure?.code !== 'EADDRINUSE') return failure;
    const isOwn = [...this.#open.values()].some((open) => overlaps(open, endpoint)) && !isHeldByAnother(endpoint);
    return isOwn ? undefined : failure;
  }

  /** What any worker could not open is closed in all of them. A worker that ended opens it with the swap. */
  async #openInWorkers(endpoints: readonly Endpoint[]): Promise<OpenFailure[]> {
    if (endpoints.length === 0) return [];
    const answers = await Promise.all(this.#places.map((place) => place.ask({ type: 'open', endpoints })));
    const failures = answers.flatMap((answer) => answer ?? []);
    await this.#closeInWorkers(failures.map(({ endpoint }) => endpoint));
    return failures;
  }

  async #closeInWorkers(endpoints: readonly Endpoint[]): Promise<void> {
    if (endpoints.length === 0) return;
    await Promise.all(this.#places.map((place) => place.ask({ type: 'abandon', endpoints })));
  }

  /** Of one thread: what it has taken of its budget is lost with it. */
  #accessInit({ sampleRate }: AccessLogOptions): AccessLogInit {
    return { sampleRate, budget: createBudget(), dropped: this.#droppedLines.cells };
  }

  async #append({ text, lines }: Batch, { budget }: AccessLogInit): Promise<void> {
    const isWritten = await this.#accessLog?.append(text);
    new Budget(budget).give(text.length);
    if (!isWritten) this.#droppedLines.add(lines);
  }

  #workerEnded(id: number, reason: string): void {
    new ConnectionGauge(this.#gauges, id).clear();
    this.#state.forgetWorker(id);
    if (reason !== ASKED) this.#fail(`worker ${id} ended and is replaced: ${reason}`);
    this.onWorkerChange({ id, state: 'ended', reason });
  }

  #fail(message: string): void {
    this.#lastError = message;
    this.#log('error', message);
  }
}

/** Undefined: it took longer. */
async function withDeadline<T>(promise: Promise<T>, deadlineMs: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, deadlineMs, undefined);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
