// Metrics of the runtime as Prometheus text, built anew for each scrape, so deleted objects leave no series.
import { Registry } from 'prom-client';
import { SHORT_RESOURCES, type ShortResource } from '../../model/base/short-resource.ts';
import type { EngineStatus } from '../contract/engine-statistics.ts';
import { writeCertificates } from './certificate-metrics.ts';
import { durationHistogram } from './duration-histogram.ts';
import { InfoSeries } from './info-series.ts';
import { type ListenerSample, writeListeners } from './listener-metrics.ts';
import { counter, gauge } from './series.ts';
import { TagBudget } from './tag-budget.ts';
import { type TargetOfListener, writeTargets } from './target-metrics.ts';

/** Maximum number of listeners and targets in one scrape. */
export const MAX_LISTENERS_SCRAPED = 500;
export const MAX_TARGETS_SCRAPED = 2_500;

export interface MetricsSample {
  /** Newest version of the model. */
  readonly version: number;
  /** False while writes fail, for example because the disk is full. */
  readonly canStore: boolean;
  /** When the certificate of the API expires, in milliseconds since 1970. `undefined` without TLS. */
  readonly apiCertificateEndMs: number | undefined;
  readonly engine: EngineStatus;
  readonly shortages: readonly { readonly resource: ShortResource; readonly count: number }[];
  /** Number of members that have a lease, and of leases that have ended since the start. */
  readonly leases: { readonly held: number; readonly ended: number };
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
    'Listeners, targets and certificates without series, and info series without their tags, because there are too many.',
    ['kind'],
  );
  omitted.set({ kind: 'listener' }, sample.listenerCount - listeners.length);
  omitted.set({ kind: 'target' }, sample.targetCount - targets.length);
  omitted.set({ kind: 'tags' }, budget.omitted);
  omitted.set({ kind: 'certificate' }, writeCertificates(registry, sample.apiCertificateEndMs, listeners));
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

function writeVersions(registry: Registry, { version, canStore, engine, shortages, leases }: MetricsSample): void {
  gauge(registry, 'weir_stored_version', 'Newest stored version of the model.').set(version);
  const writable = gauge(
    registry,
    'weir_store_writable',
    '1 if writes can be stored, 0 while they fail, because the disk is full, say.',
  );
  writable.set(canStore ? 1 : 0);
  gauge(registry, 'weir_leases', 'Members of auto scaling groups that have a lease.').set(leases.held);
  const ended = counter(
    registry,
    'weir_leases_ended_total',
    'Members of auto scaling groups that were unbound because they had not renewed their leases.',
    [],
  );
  ended.inc(leases.ended);
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
