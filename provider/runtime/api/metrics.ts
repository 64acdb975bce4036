// Metrics of the runtime as Prometheus text, built anew for each scrape, so deleted objects leave no series.
import { Counter, Gauge, Registry } from 'prom-client';
import { inOneLine } from '../../model/base/one-line.ts';
import { SHORT_RESOURCES, type ShortResource } from '../../model/base/short-resource.ts';
import { isHttp } from '../../model/objects/listener.ts';
import type { EngineStatus, ListenerTraffic, TargetCounts } from '../contract/engine-statistics.ts';
import type { Health, Protocol, TargetSnapshot } from '../contract/snapshot.ts';
import { durationHistogram } from './duration-histogram.ts';

/** Maximum number of listeners and targets in one scrape. A scrape at both limits blocks the API for 0.2 s. */
export const MAX_LISTENERS_SCRAPED = 500;
export const MAX_TARGETS_SCRAPED = 2_500;

export interface TargetSample extends Pick<TargetSnapshot, 'key' | 'attachment' | 'name' | 'weight'> {
  /** Id of the forwarding rule that the target serves; "" for a target of the listener itself. */
  readonly rule: string;
  readonly health: Health;
  readonly counts: TargetCounts;
}

export interface ListenerSample {
  readonly id: string;
  readonly protocol: Protocol;
  /** False if the engine refused to open the listener. */
  readonly isOpen: boolean;
  readonly traffic: ListenerTraffic | undefined;
  readonly targets: readonly TargetSample[];
  /** Number of open requests and connections of each unbound target, by target key. */
  readonly draining: readonly { readonly rule: string; readonly key: string; readonly count: number }[];
}

export interface MetricsSample {
  /** Newest version of the model. */
  readonly version: number;
  readonly engine: EngineStatus;
  readonly shortages: readonly { readonly resource: ShortResource; readonly count: number }[];
  readonly listeners: readonly ListenerSample[];
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

const CLASS_NAMES = ['1xx', '2xx', '3xx', '4xx', '5xx'];

export async function renderMetrics(sample: MetricsSample): Promise<string> {
  const registry = new Registry();
  writeVersions(registry, sample);
  const listeners = sample.listeners.slice(0, MAX_LISTENERS_SCRAPED);
  writeListeners(registry, listeners);
  const pairs = listeners.flatMap((listener) => listener.targets.map((target) => ({ listener: listener.id, target })));
  const targets = pairs.slice(0, MAX_TARGETS_SCRAPED);
  writeTargets(registry, targets);
  writeDraining(registry, listeners, targets);
  const omitted = gauge(registry, 'weir_omitted', 'Listeners and targets without series, because there are too many.', [
    'kind',
  ]);
  const all = sample.listeners.reduce((sum, listener) => sum + listener.targets.length, 0);
  omitted.set({ kind: 'listener' }, sample.listeners.length - listeners.length);
  omitted.set({ kind: 'target' }, all - targets.length);
  return registry.metrics();
}

function writeVersions(registry: Registry, { version, engine, shortages }: MetricsSample): void {
  gauge(registry, 'weir_stored_version', 'Newest stored version of the model.').set(version);
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
  for (const worker of engine.workers) {
    const labels = { worker: worker.id };
    served.set(labels, worker.version);
    open.set(labels, worker.connections);
    restarts.inc(labels, worker.restarts);
  }
}

function writeListeners(registry: Registry, listeners: readonly ListenerSample[]): void {
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
    'Connections and requests rejected by a limit of the listener; reason is the property that sets the limit. A connection rejected by maxConnections is counted only here, not as a connection, request or response.',
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
  for (const { id: listener, protocol, isOpen: hasSocket, traffic } of listeners) {
    isOpen.set({ listener, protocol }, hasSocket ? 1 : 0);
    if (traffic === undefined) continue;
    open.set({ listener }, traffic.openConnections);
    connections.inc({ listener }, traffic.connections);
    // Counts the 503 "too many connections", which is in neither weir_http_responses_total nor the access log.
    rejected.inc({ listener, reason: 'maxConnections' }, traffic.rejectedConnections);
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
  registry.registerMetric(durationHistogram(listeners));
}

function writeTargets(registry: Registry, targets: readonly { listener: string; target: TargetSample }[]): void {
  const of = ['listener', 'rule', 'target'];
  const info = gauge(registry, 'weir_target_info', 'Attachment of a bound target and its name there; always 1.', [
    ...of,
    'attachment',
    'name',
  ]);
  const weight = gauge(registry, 'weir_target_weight', 'Weight of the target, 0-100; 0 takes no new traffic.', of);
  const health = gauge(registry, 'weir_target_health', 'Health of the target as the label health; always 1.', [
    ...of,
    'health',
  ]);
  const active = gauge(
    registry,
    'weir_target_active_connections',
    'Open requests, TCP connections and UDP sessions of the target.',
    of,
  );
  const requests = counter(
    registry,
    'weir_target_requests_total',
    'Requests, TCP connections or UDP sessions sent to the target.',
    of,
  );
  const responses = counter(
    registry,
    'weir_target_responses_total',
    'Responses of the target by class of status code.',
    [...of, 'code'],
  );
  for (const { listener, target } of targets) {
    const { attachment, name, counts } = target;
    const labels = { listener, rule: target.rule, target: target.key };
    info.set({ ...labels, attachment, name: inOneLine(name) }, 1);
    weight.set(labels, target.weight);
    health.set({ ...labels, health: target.health }, 1);
    active.set(labels, counts.activeConnections);
    requests.inc(labels, counts.requests);
    for (const [index, code] of CLASS_NAMES.entries()) {
      const count = counts.responses[index] ?? 0;
      if (count > 0) responses.inc({ ...labels, code }, count);
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
  targets: readonly { listener: string; target: TargetSample }[],
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

function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Gauge {
  return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

function counter(registry: Registry, name: string, help: string, labelNames: readonly string[]): Counter {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}
