// Prometheus text of a scrape: series with labels, cumulative buckets, and limits for the number of series.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerSample } from '../../../../provider/runtime/api/listener-metrics.ts';
import {
  MAX_LISTENERS_SCRAPED,
  MAX_TARGETS_SCRAPED,
  type MetricsSample,
  renderMetrics,
} from '../../../../provider/runtime/api/metrics.ts';
import type { TargetSample } from '../../../../provider/runtime/api/target-metrics.ts';
import { DURATION_BOUNDS_MS } from '../../../../provider/runtime/contract/engine-statistics.ts';

const target = (key: string): TargetSample => ({
  key,
  rule: '',
  attachment: 'pool',
  name: 'b1',
  tags: { team: 'shop' },
  weight: 20,
  health: 'healthy',
  counts: {
    requests: 7,
    activeConnections: 2,
    failedConnects: 3,
    draining: 1,
    responses: [0, 6, 0, 0, 1],
    isInSlowStart: false,
  },
});

const listener = (id: string, targets: readonly TargetSample[] = []): ListenerSample => ({
  id,
  protocol: 'HTTP',
  loadBalancer: 'edge',
  tags: undefined,
  isOpen: true,
  certificates: [{ name: 'main', endMs: 1_800_000_000_500 }],
  traffic: {
    connections: 3,
    openConnections: 1,
    rejectedConnections: 4,
    rejectedHeaders: 6,
    denied: 8,
    limitedConnections: 9,
    limitedRequests: 10,
    handshakeFailures: 6,
    requests: 9,
    rejectedRequests: 5,
    targetResponses: [0, 6, 0, 0, 1],
    localResponses: [0, 0, 0, 0, 2],
    ruleResponses: [0, 0, 8, 0, 3],
    durations: [4, 0, 3, ...DURATION_BOUNDS_MS.slice(3).map(() => 0), 2],
    durationSumMs: 2500,
  },
  targets,
  draining: [],
});

const sample = (listeners: readonly ListenerSample[]): MetricsSample => ({
  version: 12,
  canStore: true,
  apiCertificateEndMs: 1_800_000_000_000,
  engine: {
    name: 'embedded',
    desired: 12,
    acked: 11,
    lastError: undefined,
    droppedLogLines: 3,
    workers: [{ id: 0, version: 11, connections: 5, restarts: 2, activeMs: 1500 }],
  },
  shortages: [{ resource: 'ports', count: 4 }],
  leases: { held: 7, ended: 2 },
  listeners,
  listenerCount: listeners.length,
  targetCount: listeners.reduce((sum, { targets }) => sum + [...targets].length, 0),
});

async function linesOf(listeners: readonly ListenerSample[]): Promise<string[]> {
  return (await renderMetrics(sample(listeners), async () => {}))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('versions, workers, listeners and targets have their series', async () => {
  const lines = new Set(await linesOf([{ ...listener('web', [target('10.0.0.1:80')]), isOpen: false }]));
  for (const line of [
    'weir_stored_version 12',
    'weir_rejected_total{listener="web",reason="maxConnections"} 4',
    'weir_rejected_total{listener="web",reason="maxPendingRequests"} 5',
    'weir_rejected_total{listener="web",reason="acceptProxyProtocol"} 6',
    'weir_engine_desired_version{engine="embedded"} 12',
    'weir_engine_acked_version{engine="embedded"} 11',
    'weir_access_log_dropped_total 3',
    'weir_shortages_total{resource="ports"} 4',
    'weir_shortages_total{resource="memory"} 0',
    'weir_leases 7',
    'weir_leases_ended_total 2',
    'weir_worker_version{worker="0"} 11',
    'weir_worker_open_connections{worker="0"} 5',
    'weir_worker_restarts_total{worker="0"} 2',
    'weir_listener_open{listener="web",protocol="HTTP"} 0',
    'weir_listener_open_connections{listener="web"} 1',
    'weir_listener_connections_total{listener="web"} 3',
    'weir_http_requests_total{listener="web"} 9',
    'weir_http_responses_total{listener="web",origin="target",code="2xx"} 6',
    'weir_http_responses_total{listener="web",origin="local",code="5xx"} 2',
    'weir_http_responses_total{listener="web",origin="rule",code="3xx"} 8',
    'weir_http_responses_total{listener="web",origin="rule",code="5xx"} 3',
    'weir_target_info{listener="web",rule="",target="10.0.0.1:80",attachment="pool",name="b1",tag_team="shop"} 1',
    'weir_listener_info{listener="web",protocol="HTTP",load_balancer="edge"} 1',
    'weir_target_weight{listener="web",rule="",target="10.0.0.1:80"} 20',
    'weir_target_health{listener="web",rule="",target="10.0.0.1:80",health="healthy"} 1',
    'weir_target_active_connections{listener="web",rule="",target="10.0.0.1:80"} 2',
    'weir_target_draining_connections{listener="web",rule="",target="10.0.0.1:80"} 1',
    'weir_target_requests_total{listener="web",rule="",target="10.0.0.1:80"} 7',
    'weir_target_failed_connects_total{listener="web",rule="",target="10.0.0.1:80"} 3',
    'weir_target_responses_total{listener="web",rule="",target="10.0.0.1:80",code="5xx"} 1',
    'weir_omitted{kind="listener"} 0',
    'weir_omitted{kind="target"} 0',
    'weir_omitted{kind="tags"} 0',
    'weir_omitted{kind="certificate"} 0',
    'weir_certificate_not_after_seconds{listener="web",certificate="main"} 1800000000.5',
    'weir_api_certificate_not_after_seconds 1800000000',
  ]) {
    assert.ok(lines.has(line), `${line}\nis not in\n${[...lines].join('\n')}`);
  }
});

test('tags are labels of the info series, with names and values that Prometheus can read', async () => {
  const tags = { 'cost-center': 'a "b"\\\nc', cost_center: '2', größe: 'x' };
  const [line] = (await linesOf([{ ...listener('web'), tags }])).filter((each) =>
    each.startsWith('weir_listener_info'),
  );
  assert.equal(
    line,
    'weir_listener_info{listener="web",protocol="HTTP",load_balancer="edge",tag_cost_center="a \\"b\\"\\\\\\\\u000ac",tag_cost_center_="2",tag_gr__e="x"} 1',
  );
});

test('tags for which a scrape has no room are left out and counted', async () => {
  const tags = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`t${index}`, 'x'.repeat(255)]));
  const targets = Array.from({ length: 500 }, (_, index) => ({ ...target(`10.0.0.1:${index + 1}`), tags }));
  const lines = await linesOf([listener('web', targets)]);
  const withTags = lines.filter((line) => line.startsWith('weir_target_info') && line.includes('tag_t0=')).length;
  assert.ok(withTags > 0 && withTags < 500);
  assert.ok(lines.includes(`weir_omitted{kind="tags"} ${500 - withTags}`));
});

test('duration buckets are cumulative, in seconds, and end with the total count', async () => {
  const lines = (await linesOf([listener('web')])).filter((line) => line.includes('duration_seconds'));
  assert.deepEqual(lines.slice(0, 3), [
    'weir_http_request_duration_seconds_bucket{le="0.0005",listener="web"} 4',
    'weir_http_request_duration_seconds_bucket{le="0.001",listener="web"} 4',
    'weir_http_request_duration_seconds_bucket{le="0.0025",listener="web"} 7',
  ]);
  assert.deepEqual(lines.slice(-3), [
    'weir_http_request_duration_seconds_bucket{le="+Inf",listener="web"} 9',
    'weir_http_request_duration_seconds_sum{listener="web"} 2.5',
    'weir_http_request_duration_seconds_count{listener="web"} 9',
  ]);
});

test('a TCP listener has series for connections and none for HTTP', async () => {
  const lines = await linesOf([{ ...listener('db'), protocol: 'TCP' }]);
  assert.ok(lines.includes('weir_listener_connections_total{listener="db"} 3'));
  assert.deepEqual(
    lines.filter((line) => line.startsWith('weir_http') && line.includes('db')),
    [],
  );
});

test('only an HTTPS listener has a series for failed TLS handshakes', async () => {
  const lines = await linesOf([{ ...listener('secure'), protocol: 'HTTPS' }, listener('plain')]);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('weir_tls')),
    ['weir_tls_handshake_failures_total{listener="secure"} 6'],
  );
});

test('an unbound target with open connections has only the draining series', async () => {
  const lines = await linesOf([{ ...listener('web'), draining: [{ rule: 'api', key: '10.0.0.9:80', count: 4 }] }]);
  assert.deepEqual(
    lines.filter((line) => line.includes('10.0.0.9')),
    ['weir_target_draining_connections{listener="web",rule="api",target="10.0.0.9:80"} 4'],
  );
});

test('listeners and targets above the limits have no series and are counted', async () => {
  const targets = Array.from({ length: MAX_TARGETS_SCRAPED + 3 }, (_, index) => target(`10.0.0.1:${index + 1}`));
  const listeners = Array.from({ length: MAX_LISTENERS_SCRAPED + 2 }, (_, index) =>
    listener(`l${index}`, index ? [] : targets),
  );
  const lines = await linesOf(listeners);
  assert.ok(lines.includes('weir_omitted{kind="listener"} 2'));
  assert.ok(lines.includes('weir_omitted{kind="target"} 3'));
  assert.equal(lines.filter((line) => line.startsWith('weir_target_weight')).length, MAX_TARGETS_SCRAPED);
  assert.equal(lines.filter((line) => line.startsWith('weir_listener_open{')).length, MAX_LISTENERS_SCRAPED);
});
