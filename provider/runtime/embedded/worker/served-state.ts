// The served state of a worker: listening sockets, listeners and targets, and the swap from one version to the next.
import type { PassiveReport } from '../../contract/engine.ts';
import { shortageOf } from '../../contract/shortage.ts';
import type { Handle } from '../../handles/bindings.ts';
import { serveWaiting, targetsChanged } from '../http/upstream/capacity.ts';
import { pollPassed } from '../io/queue-drain.ts';
import type { ListeningSocket } from '../serving/listening-socket.ts';
import type { Target, UnbindRule } from '../serving/target.ts';
import { TargetSet } from '../serving/target-set.ts';
import { type ListeningSocketContext, TcpListeningSocket } from '../serving/tcp-listening-socket.ts';
import { WorkerListener } from '../serving/worker-listener.ts';
import type { CarriedSessions } from '../shared/carried-state.ts';
import {
  type Endpoint,
  endpointName,
  endpointNameOf,
  isOpenedBy,
  type OpenFailure,
  openFailure,
} from '../shared/endpoint.ts';
import type { Capacity, ListenerUpsert, Swap, TargetGroupUpsert, TimedHealthChange } from '../shared/messages.ts';
import type { RateBuckets } from '../shared/rate-buckets.ts';
import { UdpListeningSocket } from '../udp/udp-listening-socket.ts';

interface ServedStateContext extends ListeningSocketContext {
  readonly workerId: number;
  readonly workers: number;
  /** The rates of listeners, which all workers share. */
  readonly rates: RateBuckets;
  readonly onPassive: (report: PassiveReport) => void;
  /** Returns this worker's sockets of an endpoint, given by name. `undefined` if the worker binds them itself. */
  readonly handlesOf?: ((endpoint: string) => Promise<readonly Handle[]>) | undefined;
  /** Sends a message to another worker. */
  readonly onCapacity: (capacity: Capacity) => void;
}

/** How one target is unbound in a swap. */
interface Unbinding {
  readonly rule: UnbindRule;
  /**
   * If the listening socket is transferred to another listener: that listener's targets by target key, with which open
   * flows continue. Otherwise `undefined`.
   */
  readonly transferred: ReadonlyMap<string, Target> | undefined;
}

export class ServedState {
  readonly #context: ServedStateContext;
  readonly #listeners = new Map<string, WorkerListener>();
  readonly #targetGroups = new Map<string, TargetSet>();
  /** Open listening sockets by endpoint name, without closing ones. */
  readonly #listeningSockets = new Map<string, ListeningSocket>();
  /** Listening sockets that are closed or closing and still have open connections. */
  readonly #closing = new Set<ListeningSocket>();

  constructor(context: ServedStateContext) {
    this.#context = context;
  }

  /**
   * Opens, without serving a listener, the given endpoints that this worker is responsible for and has not opened yet.
   * Returns the failures.
   */
  async open(endpoints: readonly Endpoint[]): Promise<OpenFailure[]> {
    const { workerId, workers } = this.#context;
    const own = endpoints.filter((endpoint) => isOpenedBy(endpoint, workerId, workers));
    const missing = own.filter((endpoint) => !this.#listeningSockets.has(endpointName(endpoint)));
    const results = await Promise.all(missing.map((endpoint) => this.#open(endpoint)));
    return results.filter((failure) => failure !== undefined);
  }

  /** Closes endpoints that no listener uses any more, or that were opened but never served. */
  async closeEndpoints(endpoints: readonly Endpoint[]): Promise<void> {
    await this.#closeListeningSockets(endpoints.map(endpointName));
  }

  /**
   * Swaps this worker to the next snapshot version. Everything happens in one tick, except that listening sockets are
   * opened before it. Those that no listener uses any more are left to `closeEndpoints`.
   */
  async swap(swap: Swap): Promise<OpenFailure[]> {
    const failures = await this.open(swap.endpoints);
    const changed = swap.upserted.flatMap(({ targetGroups }) =>
      targetGroups.flatMap(({ settings }) => this.#targetGroups.get(settings.id) ?? []),
    );
    const unbound = this.#apply(swap);
    this.#serve(swap.upserted.map(({ settings }) => settings.id));
    // The users of unbound targets are notified last in the tick, so that they pick again with the new pickers and
    // listeners.
    for (const [target, { rule, transferred }] of unbound) target.tellHolds(rule, transferred?.get(target.key));
    for (const targets of changed) targetsChanged(targets);
    return failures;
  }

  /** The UDP sessions that have a target. */
  udpSessions(): CarriedSessions {
    const sockets = [...this.#listeningSockets].flatMap(([name, socket]) =>
      socket instanceof UdpListeningSocket ? [[name, socket.sessionTargets()] as const] : [],
    );
    return Object.fromEntries(sockets);
  }

  setHealth(changes: readonly TimedHealthChange[]): void {
    const byTargetGroup = Map.groupBy(changes, ({ targetGroupId }) => targetGroupId);
    for (const [targetGroupId, ofTargetGroup] of byTargetGroup) {
      const targets = this.#targetGroups.get(targetGroupId);
      targets?.setHealth(ofTargetGroup);
      if (targets !== undefined) targetsChanged(targets);
    }
  }

  /** Handles a message of another worker about connections to a target. */
  offered({ targetGroupId, key, declined }: Capacity): void {
    const target = this.#targetGroups.get(targetGroupId)?.target(key);
    if (target !== undefined) serveWaiting(target, declined);
  }

  /** Stops accepting connections and lets open ones finish. Resolves when none is left. */
  async close(): Promise<void> {
    // While the listening sockets close, requests that the kernel already has are read and get their responses.
    await this.#closeListeningSockets([...this.#listeningSockets.keys()]);
    // One more poll reads the requests of the clients that were last in the accept queue.
    await pollPassed();
    for (const listeningSocket of this.#closing) listeningSocket.closeConnections();
    await this.empty();
  }

  /** Resolves when no client connection of a listening socket that is closed or closing is left. */
  async empty(): Promise<void> {
    await Promise.all([...this.#closing].map((listeningSocket) => listeningSocket.empty()));
  }

  async #open(endpoint: Endpoint): Promise<OpenFailure | undefined> {
    try {
      const name = endpointName(endpoint);
      const transport = endpoint.transport === 'udp' ? UdpListeningSocket : TcpListeningSocket;
      const handles = await this.#context.handlesOf?.(name);
      this.#listeningSockets.set(name, await transport.open(endpoint, this.#context, handles));
      return undefined;
    } catch (error) {
      return openFailure(endpoint, error as NodeJS.ErrnoException);
    }
  }

  #apply(swap: Swap): Map<Target, Unbinding> {
    const unbound = new Map<Target, Unbinding>();
    const unbind = (targets: readonly Target[], rule: UnbindRule, transferred?: Map<string, Target>) => {
      for (const target of targets) unbound.set(target, { rule, transferred });
    };
    const removed = swap.removed.flatMap((id) => this.#listeners.get(id) ?? []);
    const transfers = new Map(removed.map(({ settings }) => [endpointNameOf(settings), new Map<string, Target>()]));
    for (const { settings, targetGroups } of removed) {
      this.#listeners.delete(settings.id);
      const transferred = transfers.get(endpointNameOf(settings));
      for (const targetGroupId of [...targetGroups.keys()])
        unbind(this.#clearTargetGroup(targetGroupId), settings, transferred);
    }
    // Target groups are removed from all listeners before any is added, because a rule may have moved to another
    // listener.
    for (const { settings, removedTargetGroups } of swap.upserted) {
      for (const id of removedTargetGroups) unbind(this.#removeTargetGroup(settings.id, id), settings);
    }
    for (const upsert of swap.upserted) {
      const listener = this.#upsertListener(upsert);
      for (const targetGroup of upsert.targetGroups)
        unbind(this.#upsertTargetGroup(listener, targetGroup), upsert.settings);
      listener.routes = upsert.routes;
      const transferred = transfers.get(endpointNameOf(upsert.settings));
      if (transferred)
        for (const set of listener.targetGroups.values())
          for (const target of set.targets) transferred.set(target.key, target);
    }
    return unbound;
  }

  #upsertListener({ settings, counters, clientNetworks }: ListenerUpsert): WorkerListener {
    const { workerId, rates } = this.#context;
    const listener = this.#listeners.get(settings.id) ?? new WorkerListener(settings, workerId, counters, rates);
    listener.settings = settings;
    if (clientNetworks !== undefined) listener.clientLimits.networks = clientNetworks.now;
    this.#listeners.set(settings.id, listener);
    return listener;
  }

  /** Adds or changes a target group and returns the targets that it unbound. */
  #upsertTargetGroup(listener: WorkerListener, targetGroup: TargetGroupUpsert): Target[] {
    const { id } = targetGroup.settings;
    const targets = this.#targetGroups.get(id) ?? this.#newTargetGroup(targetGroup);
    this.#targetGroups.set(id, targets);
    listener.targetGroups.set(id, targets);
    return targets.update(targetGroup);
  }

  #newTargetGroup(targetGroup: TargetGroupUpsert): TargetSet {
    const { workerId, onPassive, onShortage, onCapacity } = this.#context;
    const { id: targetGroupId } = targetGroup.settings;
    const tell = (key: string, error: Error | undefined) => {
      const shortage = error && shortageOf(error);
      if (shortage === undefined) onPassive({ targetGroupId, key, ok: error === undefined, error: error?.message });
      else onShortage?.(shortage);
    };
    return new TargetSet(targetGroup, workerId, tell, onCapacity);
  }

  #removeTargetGroup(listenerId: string, id: string): Target[] {
    this.#listeners.get(listenerId)?.targetGroups.delete(id);
    return this.#clearTargetGroup(id);
  }

  /** Unbinds all targets of a target group and returns them. From then on picks from its target set find nothing. */
  #clearTargetGroup(id: string): Target[] {
    const targets = this.#targetGroups.get(id);
    this.#targetGroups.delete(id);
    return targets?.clear() ?? [];
  }

  /** Serves each changed listener on its socket. */
  #serve(changed: readonly string[]): void {
    const isChanged = new Set(changed);
    for (const [id, listener] of this.#listeners) {
      const listeningSocket = this.#listeningSockets.get(endpointNameOf(listener.settings));
      // A listener whose socket was not open yet is served once the socket is open, even if the listener did not
      // change.
      if (listeningSocket && (isChanged.has(id) || !listeningSocket.isServing)) listeningSocket.serve(listener);
    }
  }

  async #closeListeningSockets(names: readonly string[]): Promise<void> {
    const closing = names.map((name) => {
      const listeningSocket = this.#listeningSockets.get(name);
      if (!listeningSocket) return undefined;
      this.#listeningSockets.delete(name);
      this.#closing.add(listeningSocket);
      const closed = listeningSocket.close();
      void closed.then(() => listeningSocket.empty()).then(() => this.#closing.delete(listeningSocket));
      return closed;
    });
    await Promise.all(closing);
  }
}
