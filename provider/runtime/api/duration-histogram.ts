// The histogram of request durations, summed over all workers.
import type { Metric } from 'prom-client';
import { isHttp } from '../../model/objects/listener.ts';
import { DURATION_BOUNDS_MS, type ListenerTraffic } from '../contract/engine-statistics.ts';
import type { Protocol } from '../contract/snapshot.ts';

/** A listener whose requests are measured. */
interface MeasuredListener {
  readonly id: string;
  readonly protocol: Protocol;
  /** `undefined` for a listener that has no traffic yet. */
  readonly traffic: ListenerTraffic | undefined;
}

/** Makes the histogram from buckets that workers have filled. The one of prom-client takes only single durations. */
export function durationHistogram(listeners: readonly MeasuredListener[]): Metric {
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
  const help = 'Time from the end of the request head to the last byte of the response. Excludes incomplete responses.';
  return { name, get: async () => ({ name, help, type: 'histogram', values, aggregator: 'sum' }) } as unknown as Metric;
}
