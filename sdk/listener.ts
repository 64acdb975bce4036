// The listener of a stack: one port of a load balancer, and how what comes in there is spread over the targets.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import type { CertificateArgs } from './certificate.ts';
import type { HealthCheckArgs } from './health-check.ts';
import { Resource } from './resource.ts';
import type { StickySessionArgs } from './sticky-session.ts';

/** The arguments of a {@link Listener}. */
export interface ListenerArgs extends AdoptionArgs {
  /** The id of the load balancer that it belongs to. Another one replaces the listener. */
  loadBalancerId: pulumi.Input<string>;
  /**
   * `"TCP"` spreads connections, `"UDP"` the sessions of clients (address and port), `"HTTP"` and `"HTTPS"` requests;
   * `"HTTPS"` needs `certificates`. Changes in place.
   */
  protocol: pulumi.Input<'TCP' | 'UDP' | 'HTTP' | 'HTTPS'>;
  /** The port that clients connect to, 1-65535. Changes in place: the new one opens before the old one closes. */
  port: pulumi.Input<number>;
  /** Classic load balancers only, and required there: the port of every target, 1-65535. */
  backendPort?: pulumi.Input<number>;
  /**
   * How targets are chosen. Changes in place: open connections stay where they are. Weight 0 gets nothing new under any.
   *
   * - `"weighted-round-robin"`: in proportion to the weights, exactly over each full cycle.
   * - `"weighted-least-connections"`: the fewest connections for its weight, for backends or requests of uneven speed.
   *   A TCP connection counts from its pick to its end, an HTTP exchange likewise, over all workers; equal ones take
   *   turns in proportion to their weights. Above 64 targets the best of a sample of four.
   * - `"source-ip-hash"`: a client's IP address leads to one target, the same in every worker and after a restart; the
   *   shares of many clients follow the weights. Where a target goes or comes, its own clients move and few others.
   *   Clients behind one NAT or proxy are one client.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, algorithm: "source-ip-hash" });
   * ```
   * @default "weighted-round-robin"
   */
  algorithm?: pulumi.Input<'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash'>;
  /**
   * How targets are checked.
   * @default a TCP connect every 5 s; for UDP no check
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
  /**
   * How a client keeps its target, by a cookie or by its address. Changes in place, as its key and name do.
   * @default each connection or request is balanced anew
   */
  stickySession?: pulumi.Input<StickySessionArgs>;
  /**
   * HTTPS only, and required there: certificates by names of your own, at most 256. A client gets the one that is for the
   * server name that it asks for, of two the first in order of your names; where none is, or it names no server, the first
   * of all. As a plain object, rather than an output as a whole, it shows in previews certificate by certificate.
   */
  certificates?: pulumi.Input<Record<string, pulumi.Input<CertificateArgs>>>;
  /**
   * Seconds without a byte in either direction after which a connection is closed, 0.05-86400; for UDP, after which a
   * session ends.
   * @default 60, for TCP 900
   */
  idleTimeoutSeconds?: pulumi.Input<number>;
  /**
   * HTTP and HTTPS: seconds from the whole head of a request to the head of its answer, 0.05-86400. A body is bounded by
   * `idleTimeoutSeconds` only.
   * @default 60
   */
  requestTimeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds for which the open TCP connections of an unbound target live on, 0.05-86400, or 0: they end at once.
   * Nothing new goes to it either way.
   * @default 0
   */
  drainSeconds?: pulumi.Input<number>;
  /**
   * Seconds within which a target that begins to take traffic comes from a tenth of its weight to the whole, in even
   * steps, 0.05-86400, or 0: the whole at once. That is a target that is new or comes back from unhealthy; another
   * weight or a restart of the runtime begins nothing. Not under `"source-ip-hash"`, where it would move clients, and
   * without effect while all of the others are as young. Sticky clients come back to it at once. It counts for the
   * listener's rules too.
   *
   * ```ts
   * new weir.Listener("api", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, slowStartSeconds: 30 });
   * ```
   * @default 0
   */
  slowStartSeconds?: pulumi.Input<number>;
  /**
   * Open client connections at most, 1-1000000, exactly so many over all workers. Beyond them TCP connections are reset,
   * HTTP and HTTPS ones answered 503 and closed; HTTPS ones after their handshake, which costs more than the rest. Of a
   * flood each worker answers 1024 at a time, and resets the others. Changes in place: open connections are counted and
   * stay, however many they are. Other listeners and health checks have no part in it. `weir_refused_total` of
   * `/metrics` counts who was turned away. UDP: sessions, for which the least recently used one makes room.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, maxConnections: 10_000 });
   * ```
   * @default no limit; for UDP 10000, and no more than that
   */
  maxConnections?: pulumi.Input<number>;
  /**
   * HTTP and HTTPS: requests at most that wait for the head of their answer, 1-1000000, exactly so many over all workers.
   * Beyond them requests are answered 503 at once, on connections that are kept. Changes in place for the requests that
   * follow. It keeps slow targets from piling up requests; `maxConnections` bounds the memory.
   * @default no limit
   */
  maxPendingRequests?: pulumi.Input<number>;
  /**
   * TCP, HTTP and HTTPS: tells each target the client's address by a header of the PROXY protocol at the beginning of
   * each connection. The targets must expect it; health checks send it too, as UNKNOWN (v1) or LOCAL (v2). A
   * connection to a target then belongs to one client connection: it serves that one's next request if it goes to the
   * same target, and ends with it. Changes in place for connections made from then on.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, proxyProtocol: "v2" });
   * ```
   * @default no header
   */
  proxyProtocol?: pulumi.Input<'v1' | 'v2'>;
  /**
   * HTTP and HTTPS: networks, such as `"10.0.0.0/8"` or `"2001:db8::/32"`, at most 256, whose word on a client is taken:
   * what a client from there sends as `X-Forwarded-For` goes on with its own address added, and what it sends as
   * `X-Forwarded-Proto`, `X-Forwarded-Port` and `Forwarded` goes on as it is, the first two where they are well formed.
   * From all others these are replaced, and `Forwarded` is dropped. Changes in place for connections made from then on.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, trustedProxies: ["10.0.0.0/8"] });
   * ```
   * @default none
   */
  trustedProxies?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A port of a load balancer, with its protocol and health check. Its targets are bound by a
 * {@link TargetAttachment}.
 *
 * ```ts
 * const http = new weir.Listener("http", { loadBalancerId: lb.id, protocol: "HTTP", port: 8080 });
 * export const url = http.endpoint;
 * ```
 */
export class Listener extends Resource {
  /** Where clients reach it, such as `http://127.0.0.1:8080` or `tcp://127.0.0.1:9000`. */
  declare readonly endpoint: pulumi.Output<string>;

  /** An existing listener, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Listener {
    // What is read needs no arguments; the program's would be ignored.
    return new Listener(name, {} as ListenerArgs, { ...opts, id });
  }

  constructor(name: string, args: ListenerArgs, opts?: pulumi.CustomResourceOptions) {
    super('Listener', name, args, opts, ['endpoint']);
  }
}
