// Metrics of bound targets.
import type { Registry } from 'prom-client';
import type { TargetCounts } from '../contract/engine-statistics.ts';
import type { Health, TargetSnapshot } from '../contract/snapshot.ts';
import type { Tags } from '../stored/tags.ts';
import type { InfoSeries } from './info-series.ts';
import { CLASS_NAMES, counter, gauge } from './series.ts';

export interface TargetSample extends Pick<TargetSnapshot, 'key' | 'attachment' | 'name' | 'weight'> {
  /** Id of the forwarding rule that the target serves; "" for a target of the listener itself. */
  readonly rule: string;
  readonly tags: Tags | undefined;
  readonly health: Health;
  readonly counts: TargetCounts;
}

export interface TargetOfListener {
  readonly listener: string;
  readonly target: TargetSample;
}

/** Writes the metrics of each target, and yields the target. */
export function* writeTargets(
  registry: Registry,
  info: InfoSeries,
  targets: Iterable<TargetOfListener>,
): Iterable<TargetOfListener> {
  const of = ['listener', 'rule', 'target'];
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
  const failedConnects = counter(
    registry,
    'weir_target_failed_connects_total',
    'Connects to the target that failed. Excluded from weir_target_requests_total.',
    of,
  );
  const responses = counter(
    registry,
    'weir_target_responses_total',
    'Responses of the target by class of status code.',
    [...of, 'code'],
  );
  for (const pair of targets) {
    yield pair;
    const { listener, target } = pair;
    const { attachment, name, tags, counts } = target;
    const labels = { listener, rule: target.rule, target: target.key };
    info.add({ ...labels, attachment, name }, tags);
    weight.set(labels, target.weight);
    health.set({ ...labels, health: target.health }, 1);
    active.set(labels, counts.activeConnections);
    requests.inc(labels, counts.requests);
    failedConnects.inc(labels, counts.failedConnects);
    for (const [index, code] of CLASS_NAMES.entries()) {
      const count = counts.responses[index] ?? 0;
      if (count > 0) responses.inc({ ...labels, code }, count);
    }
  }
}
