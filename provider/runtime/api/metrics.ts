// Metrics of the runtime as Prometheus text, built anew for each scrape, so deleted objects leave no series.
import { Registry } from 'prom-client';
import { SHORT_RESOURCES, type ShortResource } from '../../model/base/short-resource.ts';
import { isHttp } from '../../model/objects/listener.ts';
import type { EngineStatus, ListenerTraffic } from '../contract/engine-statistics.ts';
import type { Protocol } from '../contract/snapshot.ts';
import type { Tags } from '../stored/tags.ts';
import { durationHistogram } from './duration-histogram.ts';
import { InfoSeries } from './info-series.ts';
import { CLASS_NAMES, counter, gauge } from './series.ts';
import { TagBudget } from './tag-budget.ts';
import { type TargetOfListener, type TargetSample, writeTargets } from './target-metrics.ts';

/** Maximum number of listeners and targets in one scrape. */
export const MAX_LISTENERS_SCRAPED = 500;
export const MAX_TARGETS_SCRAPED = 2_500;

export interface ListenerSample {
  readonly id: string;
  readonly protocol: Protocol;
  readonly loadBalancer: string;
  /** Tags of the listener and of its load balancer. */
  readonly tags: Tags | undefined;
  /** False if the engine refused to open the listener. */
  readonly isOpen: boolean;
  readonly traffic: ListenerTraffic | undefined;
  /** The targets, each sampled when it is asked for. */
  readonly targets: Iterable<TargetSample>;
  /** Number of open requests and connections of each unbound target, by target key. */
  readonly draining: readonly { readonly rule: string; readonly key: string; readonly count: number }[];
}

export interface MetricsSample {
  /** Newest version of the model. */
  readonly version: number;
  /** False while writes fail, for example because the disk is full. */
  readonly canStore: boolean;
  readonly engine: EngineStatus;
  readonly shortages: readonly { readonly resource: ShortResource; readonly count: number }[];
  readonly listenerCount: number;
  /** The listeners, each sampled when it is asked for. */
  readonly listeners: Iterable<ListenerSample>;
  /** Number of targets of all listeners. */
  readonly targetCount: number;
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

const LISTENER_INFO =
  'Load balancer of the listener, and as tag_NAME the tags of both; of one name, that of the listener. Always 1.';
const TARGET_INFO =
  'Attachment of a bound target and its name there, and as tag_NAME the tags of its rule, attachment, auto scaling group and server; of one name, the last of them. Always 1.';

/** `next` is awaited between pieces of work, so that the thread has time for others. */
export async function renderMetrics(sample: MetricsSample, next: () => Promise<void>): Promise<string> {
  const registry = new Registry();
  writeVersions(registry, sample);
  const budget = new TagBudget();
  const listenerInfo = new InfoSeries('weir_listener_info', LISTENER_INFO, budget);
  const targetInfo = new InfoSeries('weir_target_info', TARGET_INFO, budget);
  const listeners = await inParts(
    writeListeners(registry, listenerInfo, firstOf(sample.listeners, MAX_LISTENERS_SCRAPED)),
    next,
  );
  registry.registerMetric(durationHistogram(listeners));
  const targets = await inParts(
    writeTargets(registry, targetInfo, firstOf(targetsOf(listeners), MAX_TARGETS_SCRAPED)),
    next,
  );
  await next();
  writeDraining(registry, listeners, targets);
  const omitted = gauge(
    registry,
    'weir_omitted',
    'Listeners and targets without series, and info series without their tags, because there are too many.',
    ['kind'],
  );
  omitted.set({ kind: 'listener' }, sample.listenerCount - listeners.length);
  omitted.set({ kind: 'target' }, sample.targetCount - targets.length);
  omitted.set({ kind: 'tags' }, budget.omitted);
  const texts: string[] = [listenerInfo.text, targetInfo.text];
  for (const { name } of registry.getMetricsAsArray()) {
    await next();
    texts.push(await registry.getSingleMetricAsString(name));
  }
  // Prometheus metrics end with an empty line.
  return `${texts.join('\n\n')}\n`;
}

/** Number of listeners or targets that are sampled and written at once. */
const AT_ONCE = 100;

/** Collects everything that a generator yields, with pauses. */
async function inParts<T>(all: Iterable<T>, next: () => Promise<void>): Promise<T[]> {
  const done: T[] = [];
  for (const each of all) {
    done.push(each);
    if (done.length % AT_ONCE === 0) await next();
  }
  return done;
}

function* firstOf<T>(all: Iterable<T>, count: number): Iterable<T> {
  let left = count;
  if (left === 0) return;
  for (const each of all) {
    yield each;
    left -= 1;
    if (left === 0) return;
  }
}

function* targetsOf(listeners: readonly ListenerSample[]): Iterable<TargetOfListener> {
  for (const { id: listener, targets } of listeners) for (const target of targets) yield { listener, target };
}

function writeVersions(registry: Registry, { version, canStore, engine, shortages }: MetricsSample): void {
  gauge(registry, 'weir_stored_version', 'Newest stored version of the model.').set(version);
  const writable = gauge(
    registry,
    'weir_store_writable',
    '1 if writes can be stored, 0 while they fail, because the disk is full, say.',
  );
  writable.set(canStore ? 1 : 0);
  const ofEngine = ['engine'];
  const desired = gauge(
    registry,
    'weir_engine_desired_version',
    'Version that the data plane has been told to serve.',
    ofEngine,
  );
  desired.set({ engine: engine.name }, engine.desired);
  const acked = gauge(
    registry,
    'weir_engine_acked_version',
    'Newest version that all workers of the data plane serve.',
    ofEngine,
  );
  acked.set({ engine: engine.name }, engine.acked);
  if (engine.droppedLogLines !== undefined) {
    const dropped = counter(
      registry,
      'weir_access_log_dropped_total',
      'Access log lines dropped because the disk was full or too slow.',
      [],
    );
    dropped.inc(engine.droppedLogLines);
  }
  const short = counter(
    registry,
    'weir_shortages_total',
    'Checks, connections and datagrams to targets that the runtime was too short of descriptors, ports or memory to begin. They leave the health of targets as it is.',
    ['resource'],
  );
  for (const resource of SHORT_RESOURCES) short.inc({ resource }, 0);
  for (const { resource, count } of shortages) short.inc({ resource }, count);
  const ofWorker = ['worker'];
  const served = gauge(registry, 'weir_worker_version', 'Version that the worker serves.', ofWorker);
  const open = gauge(registry, 'weir_worker_open_connections', 'Open client connections of the worker.', ofWorker);
  const restarts = counter(registry, 'weir_worker_restarts_total', 'How often the worker was replaced.', ofWorker);
  const active = counter(
    registry,
    'weir_worker_event_loop_active_seconds_total',
    'Time in which the event loop of the worker had work; its rate is the share of a processor that the worker needs.',
    ofWorker,
  );
  for (const worker of engine.workers) {
    const labels = { worker: worker.id };
    served.set(labels, worker.version);
    open.set(labels, worker.connections);
    restarts.inc(labels, worker.restarts);
    active.inc(labels, worker.activeMs / 1000);
  }
}

/** Writes the metrics of each listener, and yields the listener. */
function* writeListeners(
  registry: Registry,
  info: InfoSeries,
  listeners: Iterable<ListenerSample>,
): Iterable<ListenerSample> {
  const of = ['listener'];
  const isOpen = gauge(
    registry,
    'weir_listener_open',
    '1 if the listener has its listening socket, 0 if opening failed.',
    [...of, 'protocol'],
  );
  const open = gauge(
    registry,
    'weir_listener_open_connections',
    'Open client connections, or UDP sessions, of the listener.',
    of,
  );
  const connections = counter(
    registry,
    'weir_listener_connections_total',
    'Accepted client connections, or UDP sessions. Excludes rejected connections.',
    of,
  );
  const rejected = counter(
    registry,
    'weir_rejected_total',
    'Connections and requests rejected by the listener; reason is the property that sets the limit, or acceptProxyProtocol for a sender without a valid PROXY header. A connection rejected by maxConnections is counted only here, not as a connection, request or response.',
    [...of, 'reason'],
  );
  const handshakes = counter(
    registry,
    'weir_tls_handshake_failures_total',
    'Client connections that ended before their TLS handshake was complete.',
    of,
  );
  const requests = counter(registry, 'weir_http_requests_total', 'Requests with a complete head.', of);
  const responses = counter(
    registry,
    'weir_http_responses_total',
    'Responses by class of status code; origin is target for responses of targets, local for local responses of the runtime. Excludes the 503 to connections rejected by maxConnections, which is counted in weir_rejected_total.',
    [...of, 'origin', 'code'],
  );
  for (const sample of listeners) {
    yield sample;
    const { id: listener, protocol, isOpen: hasSocket, traffic } = sample;
    info.add({ listener, protocol, load_balancer: sample.loadBalancer }, sample.tags);
    isOpen.set({ listener, protocol }, hasSocket ? 1 : 0);
    if (traffic === undefined) continue;
    open.set({ listener }, traffic.openConnections);
    connections.inc({ listener }, traffic.connections);
    // Counts the 503 "too many connections", which is in neither weir_http_responses_total nor the access log.
    rejected.inc({ listener, reason: 'maxConnections' }, traffic.rejectedConnections);
    rejected.inc({ listener, reason: 'acceptProxyProtocol' }, traffic.rejectedHeaders);
    if (protocol === 'HTTPS') handshakes.inc({ listener }, traffic.handshakeFailures);
    if (!isHttp(protocol)) continue;
    requests.inc({ listener }, traffic.requests);
    rejected.inc({ listener, reason: 'maxPendingRequests' }, traffic.rejectedRequests);
    for (const [index, code] of CLASS_NAMES.entries()) {
      const [ofTarget = 0, local = 0] = [traffic.targetResponses[index], traffic.localResponses[index]];
      responses.inc({ listener, origin: 'target', code }, ofTarget);
      // Local responses have 4xx and 5xx status codes only, so the other status classes get no series.
      if (index >= 3) responses.inc({ listener, origin: 'local', code }, local);
    }
  }
}

/**
 * Writes the metric of draining connections: connections from an earlier binding of a bound target, and all connections
 * of an unbound target.
 */
function writeDraining(
  registry: Registry,
  listeners: readonly ListenerSample[],
  targets: readonly TargetOfListener[],
): void {
  const draining = gauge(
    registry,
    'weir_target_draining_connections',
    'Open requests and connections of the target from before it was unbound.',
    ['listener', 'rule', 'target'],
  );
  for (const { listener, target } of targets)
    draining.set({ listener, rule: target.rule, target: target.key }, target.counts.draining);
  const unbound = listeners.flatMap(({ id, draining: gone }) => gone.map((target) => ({ listener: id, ...target })));
  for (const { listener, rule, key, count } of unbound.slice(0, MAX_TARGETS_SCRAPED))
    draining.set({ listener, rule, target: key }, count);
}
