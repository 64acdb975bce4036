// Metrics of listeners.
import type { Registry } from 'prom-client';
import { isHttp } from '../../model/objects/listener.ts';
import type { ListenerTraffic } from '../contract/engine-statistics.ts';
import type { Protocol } from '../contract/snapshot.ts';
import type { Tags } from '../stored/tags.ts';
import type { InfoSeries } from './info-series.ts';
import { CLASS_NAMES, counter, gauge } from './series.ts';
import type { TargetSample } from './target-metrics.ts';

export interface ListenerSample {
  readonly id: string;
  readonly protocol: Protocol;
  readonly loadBalancer: string;
  /** Tags of the listener and of its load balancer. */
  readonly tags: Tags | undefined;
  /** False if the engine refused to open the listener. */
  readonly isOpen: boolean;
  /** The certificates with their ends, in milliseconds since 1970. */
  readonly certificates: readonly { readonly name: string; readonly endMs: number }[];
  readonly traffic: ListenerTraffic | undefined;
  /** The targets, each sampled when it is asked for. */
  readonly targets: Iterable<TargetSample>;
  /** Number of open requests and connections of each unbound target, by target key. */
  readonly draining: readonly { readonly rule: string; readonly key: string; readonly count: number }[];
}

/** Writes the metrics of each listener, and yields the listener. */
export function* writeListeners(
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
    'Connections and requests rejected by the listener; reason is the property that sets the limit, or acceptProxyProtocol for a sender without a valid PROXY header, or denied for a client that allow and deny keep away. A connection rejected by maxConnections or connectionsPerSecond is counted only here, not as a connection, request or response.',
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
    'Responses by class of status code; origin is target for responses of targets, rule for redirects and fixed responses, local for responses of the runtime in place of a target. Excludes the responses to connections rejected by maxConnections or connectionsPerSecond, which are counted in weir_rejected_total.',
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
    rejected.inc({ listener, reason: 'denied' }, traffic.denied);
    rejected.inc({ listener, reason: 'connectionsPerSecond' }, traffic.limitedConnections);
    if (protocol === 'HTTPS') handshakes.inc({ listener }, traffic.handshakeFailures);
    if (!isHttp(protocol)) continue;
    requests.inc({ listener }, traffic.requests);
    rejected.inc({ listener, reason: 'maxPendingRequests' }, traffic.rejectedRequests);
    rejected.inc({ listener, reason: 'requestsPerSecond' }, traffic.limitedRequests);
    for (const [index, code] of CLASS_NAMES.entries()) {
      const { targetResponses, localResponses, ruleResponses } = traffic;
      const [ofTarget = 0, local = 0, ofRule = 0] = [targetResponses, localResponses, ruleResponses].map(
        (all) => all[index],
      );
      responses.inc({ listener, origin: 'target', code }, ofTarget);
      // Rules respond with final statuses only.
      if (index >= 1) responses.inc({ listener, origin: 'rule', code }, ofRule);
      // Local responses have 4xx and 5xx status codes only, so the other status classes get no series.
      if (index >= 3) responses.inc({ listener, origin: 'local', code }, local);
    }
  }
}
