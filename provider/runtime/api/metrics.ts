// What a scrape gets: the state of the runtime as Prometheus text, made anew each time, so that what is gone has no series.
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { isHttp } from '../../model/objects/listener.ts';
import {
  DURATION_BOUNDS_MS,
  type EngineStatus,
  type ListenerTraffic,
  type TargetCounts,
} from '../contract/engine-statistics.ts';
import type { Health, Protocol, TargetSnapshot } from '../contract/snapshot.ts';

/** Beyond these the series are left out and counted: a scrape at the limits holds the API up for 0.2 s. */
export const MAX_LISTENERS_SCRAPED = 500;
export const MAX_TARGETS_SCRAPED = 2_500;

export interface TargetSample extends Pick<TargetSnapshot, 'key' | 'attachment' | 'name' | 'weight'> {
  /** Of which it is a target; "": of the listener itself. */
  readonly rule: string;
  readonly health: Health;
  readonly counts: TargetCounts;
}

export interface ListenerSample {
  readonly id: string;
  readonly protocol: Protocol;
  /** False: it could not be opened. */
  readonly isOpen: boolean;
  readonly traffic: ListenerTraffic | undefined;
  readonly targets: readonly TargetSample[];
  /** Those that are bound no more, by key, with their open flows. */
  readonly draining: readonly { readonly rule: string; readonly key: string; readonly count: number }[];
}

export interface MetricsSample {
  /** The model's. */
  readonly version: number;
  readonly engine: EngineStatus;
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
  const omitted = gauge(registry, 'weir_omitted', 'Listeners and targets without series, beyond the limits.', ['kind']);
  const all = sample.listeners.reduce((sum, listener) => sum + listener.targets.length, 0);
  omitted.set({ kind: 'listener' }, sample.listeners.length - listeners.length);
  omitted.set({ kind: 'target' }, all - targets.length);
  return registry.metrics();
}

function writeVersions(registry: Registry, { version, engine }: MetricsSample): void {
  gauge(registry, 'weir_stored_version', 'The newest version of the model.').set(version);
  const ofEngine = ['engine'];
  const desired = gauge(
    registry,
    'weir_engine_desired_version',
    'The version that a data plane is to serve.',
    ofEngine,
  );
  desired.set({ engine: engine.name }, engine.desired);
  const acked = gauge(registry, 'weir_engine_acked_version', 'The newest that all of its workers serve.', ofEngine);
  acked.set({ engine: engine.name }, engine.acked);
  if (engine.droppedLogLines !== undefined) {
    const dropped = counter(registry, 'weir_access_log_dropped_total', 'Lines that could not be written.', []);
    dropped.inc(engine.droppedLogLines);
  }
  const ofWorker = ['worker'];
  const served = gauge(registry, 'weir_worker_version', 'The version that a worker serves.', ofWorker);
  const open = gauge(registry, 'weir_worker_open_connections', 'Open client connections of a worker.', ofWorker);
  const restarts = counter(registry, 'weir_worker_restarts_total', 'How often a worker was replaced.', ofWorker);
  for (const worker of engine.workers) {
    const labels = { worker: worker.id };
    served.set(labels, worker.version);
    open.set(labels, worker.connections);
    restarts.inc(labels, worker.restarts);
  }
}

function writeListeners(registry: Registry, listeners: readonly ListenerSample[]): void {
  const of = ['listener'];
  const isOpen = gauge(registry, 'weir_listener_open', '1: the listener has its socket.', [...of, 'protocol']);
  const open = gauge(registry, 'weir_listener_open_connections', 'Open client connections, or UDP sessions.', of);
  const connections = counter(
    registry,
    'weir_listener_connections_total',
    'Client connections, or UDP sessions, so far.',
    of,
  );
  const refused = counter(
    registry,
    'weir_rejected_total',
    'Connections or requests beyond a limit of the listener, by the property that sets it.',
    [...of, 'reason'],
  );
  const handshakes = counter(
    registry,
    'weir_tls_handshake_failures_total',
    'Client connections that ended before their TLS handshake was done.',
    of,
  );
  const requests = counter(registry, 'weir_http_requests_total', 'Requests whose head was taken.', of);
  const responses = counter(
    registry,
    'weir_http_responses_total',
    'Responses by class of status; origin is target for those of targets, local for those that the runtime made itself.',
    [...of, 'origin', 'code'],
  );
  for (const { id: listener, protocol, isOpen: hasSocket, traffic } of listeners) {
    isOpen.set({ listener, protocol }, hasSocket ? 1 : 0);
    if (traffic === undefined) continue;
    open.set({ listener }, traffic.openConnections);
    connections.inc({ listener }, traffic.connections);
    refused.inc({ listener, reason: 'maxConnections' }, traffic.rejectedConnections);
    if (protocol === 'HTTPS') handshakes.inc({ listener }, traffic.handshakeFailures);
    if (!isHttp(protocol)) continue;
    requests.inc({ listener }, traffic.requests);
    refused.inc({ listener, reason: 'maxPendingRequests' }, traffic.rejectedRequests);
    for (const [index, code] of CLASS_NAMES.entries()) {
      const [ofTarget = 0, local = 0] = [traffic.targetResponses[index], traffic.localResponses[index]];
      responses.inc({ listener, origin: 'target', code }, ofTarget);
      // Local responses have no other classes.
      if (index >= 3) responses.inc({ listener, origin: 'local', code }, local);
    }
  }
  registry.registerMetric(durations(listeners));
}

function writeTargets(registry: Registry, targets: readonly { listener: string; target: TargetSample }[]): void {
  const of = ['listener', 'rule', 'target'];
  const info = gauge(registry, 'weir_target_info', 'Where a bound target stands in the model.', [
    ...of,
    'attachment',
    'name',
  ]);
  const weight = gauge(registry, 'weir_target_weight', '0-100; 0 takes no new traffic.', of);
  const health = gauge(registry, 'weir_target_health', '1, with the health that it has as a label.', [...of, 'health']);
  const active = gauge(registry, 'weir_target_active_connections', 'Flows and exchanges under way.', of);
  const requests = counter(
    registry,
    'weir_target_requests_total',
    'Requests, TCP connections or UDP sessions given to it.',
    of,
  );
  const responses = counter(registry, 'weir_target_responses_total', 'Responses of the target by class of status.', [
    ...of,
    'code',
  ]);
  for (const { listener, target } of targets) {
    const { attachment, name, counts } = target;
    const labels = { listener, rule: target.rule, target: target.key };
    info.set({ ...labels, attachment, name }, 1);
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

/** Of bound targets those flows that are from an earlier binding; of others all. */
function writeDraining(
  registry: Registry,
  listeners: readonly ListenerSample[],
  targets: readonly { listener: string; target: TargetSample }[],
): void {
  const draining = gauge(registry, 'weir_target_draining_connections', 'Flows that outlive their binding.', [
    'listener',
    'rule',
    'target',
  ]);
  for (const { listener, target } of targets)
    draining.set({ listener, rule: target.rule, target: target.key }, target.counts.draining);
  const unbound = listeners.flatMap(({ id, draining: gone }) => gone.map((target) => ({ listener: id, ...target })));
  for (const { listener, rule, key, count } of unbound.slice(0, MAX_TARGETS_SCRAPED))
    draining.set({ listener, rule, target: key }, count);
}

/** A histogram as it is scraped: prom-client's own takes single observations, and these were made in the workers. */
function durations(listeners: readonly ListenerSample[]): Metric {
  const name = 'weir_http_request_duration_seconds';
  const values = listeners.flatMap(({ id: listener, protocol, traffic }) => {
    if (!isHttp(protocol) || traffic === undefined) return [];
    let count = 0;
    const buckets = traffic.durations.map((inBucket, index) => {
      count += inBucket;
      const bound = DURATION_BOUNDS_MS[index];
      const le = bound === undefined ? '+Inf' : bound / 1000;
      return { metricName: `${name}_bucket`, labels: { le, listener }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels: { listener }, value: traffic.durationSumMs / 1000 },
      { metricName: `${name}_count`, labels: { listener }, value: count },
    ];
  });
  const help = 'Time from the read head of a request to the last byte of its response; broken exchanges do not count.';
  return { name, get: async () => ({ name, help, type: 'histogram', values, aggregator: 'sum' }) } as unknown as Metric;
}

function gauge(registry: Registry, name: string, help: string, labelNames: readonly string[] = []): Gauge {
  return new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

function counter(registry: Registry, name: string, help: string, labelNames: readonly string[]): Counter {
  return new Counter({ name, help, labelNames: [...labelNames], registers: [registry] });
}
