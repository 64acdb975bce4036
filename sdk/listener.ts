// The listener: one port of a load balancer, and how its traffic is distributed over targets.
import * as pulumi from '@pulumi/pulumi';
import { endpointOf } from '../provider/model/base/endpoint.ts';
import type { AdoptionArgs } from './adoption.ts';
import type { CertificateArgs } from './certificate.ts';
import type { HealthCheckArgs } from './health-check.ts';
import { isAsGiven, knownOutput } from './known-output.ts';
import { givenVip } from './load-balancer.ts';
import type { ConnectionRateArgs, RequestRateArgs } from './rates.ts';
import { Resource } from './resource.ts';
import type { StickySessionArgs } from './sticky-session.ts';
import type { TagsArgs } from './tags.ts';

/** The arguments of a {@link Listener}; `loadBalancerId`, `protocol` and `port` are required. */
export interface ListenerArgs extends AdoptionArgs, TagsArgs {
  /** The id of the load balancer that the listener belongs to. A change of the id replaces the listener. */
  loadBalancerId: pulumi.Input<string>;
  /**
   * What is distributed over the targets: `"TCP"` connections, `"UDP"` sessions (the datagrams of one client address
   * and port), or `"HTTP"` and `"HTTPS"` requests. `"HTTPS"` needs `certificates`.
   */
  protocol: pulumi.Input<'TCP' | 'UDP' | 'HTTP' | 'HTTPS'>;
  /** The port that clients connect to, 1-65535. A UDP listener may have the port of another listener. When it changes, the new port opens before the old one closes. */
  port: pulumi.Input<number>;
  /** The port of every target, 1-65535; required under a classic load balancer, and refused under any other. */
  backendPort?: pulumi.Input<number>;
  /**
   * How a target is chosen for a new connection, session or request. A target of weight 0 is never chosen. When the
   * algorithm changes, open connections stay where they are.
   *
   * - `"weighted-round-robin"`: targets take turns in proportion to their weights, exactly so over each full cycle.
   * - `"weighted-least-connections"`: the target with the fewest connections for its weight, which suits targets or
   *   requests of uneven speed. TCP connections and HTTP exchanges count from beginning to end, over all workers;
   *   equally loaded targets take turns in proportion to their weights. Of more than 64 targets the best of a sample of
   *   four is chosen.
   * - `"source-ip-hash"`: the IP address of the client decides the target, the same one in every worker and after a
   *   restart. The shares of many clients follow the weights. When a target comes or goes, its own clients move and few
   *   others do. Clients behind one NAT gateway or proxy count as one client, unless the proxy is one of
   *   `trustedProxies` or `acceptProxyProtocol`.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, algorithm: "source-ip-hash" });
   * ```
   * @default "weighted-round-robin"
   */
  algorithm?: pulumi.Input<'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash'>;
  /**
   * How the targets are checked.
   * @default a TCP check every 5 s; no check for UDP
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
  /**
   * How a client returns to the target that it had before, by a cookie or by its address.
   * @default each connection or request is distributed anew
   */
  stickySession?: pulumi.Input<StickySessionArgs>;
  /**
   * The certificates of an HTTPS listener by names of your own, 1-256; required for HTTPS and refused for other
   * protocols. A client gets the certificate for the server name (SNI) that it asks for, of several the first in
   * alphabetical order of your names. If certificates with different kinds of keys (RSA, ECDSA) are for one name, the
   * client gets the one that it can take; an exact name comes before a wildcard. A client that asks for another name, or
   * for none, gets the first certificate of all, or one that is served together with it. A certificate that no client
   * gets, because another one with the same kind of key comes first, gives a warning. Write the map as a plain object and not as one output: previews then show each certificate.
   */
  certificates?: pulumi.Input<Record<string, pulumi.Input<CertificateArgs>>>;
  /**
   * Seconds without progress in either direction after which a connection is closed or a UDP session ends, 0.05-86400.
   * Progress is a byte that comes, and on Linux also a byte that a peer has acknowledged: a client or a target that reads
   * slowly but steadily is not cut. A peer that takes nothing is cut after one to two of these times.
   * @default 60, for TCP 900
   */
  idleTimeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds from the whole request to the head of its response, 0.05-86400; HTTP and HTTPS. The client then gets a 504.
   * The time does not run while the body of the request comes, which is bounded by `idleTimeoutSeconds`,
   * `requestBodyTimeoutSeconds` and `requestBodyMinRate`, and not while the target takes more of it.
   * @default 60
   */
  requestTimeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds from the whole head of a request to the end of its body, 0.05-86400; with 0 there is no limit. HTTP and
   * HTTPS. A client that is later gets a 408, or a 504 if it is the target that does not take the body. The time ends
   * when the response begins. A client that waits for `100 Continue` has the time from the first byte of the body.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, requestBodyTimeoutSeconds: 300 });
   * ```
   * @default 0
   */
  requestBodyTimeoutSeconds?: pulumi.Input<number>;
  /**
   * The lowest rate of the body of a request in bytes per second, 0-1000000000; with 0 there is none. HTTP and HTTPS. A
   * client that stays below it for 5 s, or for `idleTimeoutSeconds` if these are shorter, gets a 408, unless the response
   * has begun. Time in which the target does not take the body is left out. Without this limit, a client that sends a
   * byte now and then keeps a connection to a target for as long as it likes.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, requestBodyMinRate: 1_000 });
   * ```
   * @default 0
   */
  requestBodyMinRate?: pulumi.Input<number>;
  /**
   * Idle time in seconds of upgraded connections (WebSocket) and of event streams, 0.05-86400; with 0 they have none.
   * HTTP and HTTPS. An event stream is a response with the type `text/event-stream`, `multipart/x-mixed-replace`,
   * one of gRPC, or `application/` with `ndjson`, `x-ndjson`, `jsonl`, `json-seq` or `stream+json`. TCP keep-alive finds
   * peers that are gone whatever this time is.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, tunnelIdleTimeoutSeconds: 3600 });
   * ```
   * @default idleTimeoutSeconds
   */
  tunnelIdleTimeoutSeconds?: pulumi.Input<number>;
  /**
   * Seconds for which open TCP connections and upgraded HTTP connections of an unbound target stay open, 0.05-86400;
   * with 0 they end at once. Nothing new goes to the target either way. HTTP exchanges may finish, within this time or
   * `requestTimeoutSeconds`, whichever is longer.
   * @default 0
   */
  drainSeconds?: pulumi.Input<number>;
  /**
   * Seconds that the deletion of the listener waits, at most, until its last open connection or request to a target has
   * ended, 0.05-86400; with 0 it does not wait. `pulumi up` shows how many are open meanwhile, and says how many are left
   * in the end. For targets that leave a listener which stays, {@link TargetAttachmentArgs} have the same argument.
   * @default 0
   */
  awaitDrainSeconds?: pulumi.Input<number>;
  /**
   * Seconds in which a target that begins to take traffic rises from a tenth of its weight to all of it, in even steps,
   * 0.05-86400; with 0 it has all of it at once. A target begins when it is bound and when it becomes healthy again,
   * but not with another weight or a restart of the runtime. There is no slow start under `"source-ip-hash"`, where it
   * would move clients, and no effect while all other targets have just begun too. Sticky clients return to their
   * target at once. Targets of the listener's rules start slowly too.
   *
   * ```ts
   * new weir.Listener("api", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, slowStartSeconds: 30 });
   * ```
   * @default 0
   */
  slowStartSeconds?: pulumi.Input<number>;
  /**
   * The largest number of open client connections, or of UDP sessions, 1-1000000, counted exactly over all workers.
   * Above it TCP connections are reset, and HTTP and HTTPS connections get a 503 and are closed; for HTTPS that comes
   * after the TLS handshake, which costs more than the rest. In a flood of connections only some get a response, and the
   * others are reset. The least recently used UDP session makes room for a new one. A lower limit closes no open
   * connection. `weir_rejected_total` of `/metrics` counts the rejected connections.
   *
   * Without this property, and below it too, the runtime's limit of open files bounds the connections: a listener leaves
   * a part of it to the other listeners.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, maxConnections: 10_000 });
   * ```
   * @default as many as the runtime's limit of open files leaves; for UDP at most 10000, which is also its maximum
   */
  maxConnections?: pulumi.Input<number>;
  /**
   * The largest number of requests that wait for the head of their response, 1-1000000, counted exactly over all
   * workers; HTTP and HTTPS. Above it a request gets a 503 at once, on a connection that stays open. This keeps
   * requests from piling up at slow targets; `maxConnections` bounds the memory.
   * @default no limit
   */
  maxPendingRequests?: pulumi.Input<number>;
  /**
   * The largest number of idle connections to each target that are kept for later requests, 0-1000000, over all workers; HTTP and HTTPS.
   * With 0 none is kept, and targets are asked to close (`Connection: close`). Set it for targets that serve each
   * connection by a process or thread of its own. It does not concern connections on which a client has logged in (NTLM,
   * Negotiate). A change takes effect at once.
   * @default no limit; each worker keeps at most 256
   */
  maxIdleTargetConnections?: pulumi.Input<number>;
  /**
   * The largest number of connections to each target, 1-1000000, counted exactly over all workers, idle ones included; HTTP and HTTPS.
   * Health checks do not count: they need one more. Above it a request goes to another target, if no sticky session or
   * hash binds it to this one; if all are full it waits in order, at most `requestTimeoutSeconds` (503). Waiting requests
   * count for `maxPendingRequests`. After the wait, the target has the whole `requestTimeoutSeconds` to respond. A lower
   * limit interrupts no request.
   *
   * ```ts
   * new weir.Listener("php", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, maxConnectionsPerTarget: 4 });
   * ```
   * @default no limit
   */
  maxConnectionsPerTarget?: pulumi.Input<number>;
  /**
   * The version of the PROXY protocol header by which targets learn the client's address, at the beginning of each
   * connection; not for UDP. The targets must expect the header; health checks send it too, without a client, as
   * `UNKNOWN` (v1) or `LOCAL` (v2). A connection to a target then serves one client connection only, and ends with it.
   * A change counts for new connections.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, proxyProtocol: "v2" });
   * ```
   * @default no header
   */
  proxyProtocol?: pulumi.Input<'v1' | 'v2'>;
  /**
   * The networks, such as `"10.0.0.0/8"` or `"2001:db8::/32"`, of load balancers that begin each connection with a
   * PROXY protocol header, version 1 or 2, at most 256; not for UDP. The client is then the one that the header names:
   * for hashes, sticky sessions, the access log, `X-Forwarded-For` and `proxyProtocol`, and it is the client that is
   * looked for in `trustedProxies`. With HTTPS the header comes before the TLS handshake.
   *
   * A connection from these networks without a whole, well-formed header within 5 s is reset; a header of version 2 may
   * have 4096 bytes. A header that names no client (`UNKNOWN`, `LOCAL`) leaves the sender as the client, as health checks
   * need it. From all other addresses a header is never believed: it is part of what the client sends. An IPv6 network
   * such as `::/0` has no IPv4 addresses in it. A change counts for new connections.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, acceptProxyProtocol: ["10.0.0.0/8"] });
   * ```
   * @default none
   */
  acceptProxyProtocol?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The networks, such as `"10.0.0.0/8"` or `"2001:db8::/32"`, of proxies whose headers about the client are believed,
   * at most 256; HTTP and HTTPS. A change counts for the next request.
   *
   * Targets learn from `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Port`, `X-Forwarded-Host` and `X-Real-IP`
   * what the listener knows about the client and the request. What the client itself sends in these headers is dropped,
   * and so are `Forwarded` and all other headers by which well-known proxies tell a target the client's address, user or
   * certificate, or the scheme, host, URL or path of the original request, such as `True-Client-IP`, `X-Original-URL`,
   * `Front-End-Https` and `Remote-User`, in any spelling. The README of the runtime lists them.
   *
   * From a trusted proxy all of them go on as they are, with these exceptions: its address is added to
   * `X-Forwarded-For`, and a malformed or missing one of the other four is set. `X-Real-IP` is then the client's
   * address. Lists, as several proxies make them, are well formed. Of these five only the exact names
   * count: another spelling, such as `X_Forwarded_For`, is dropped, because the proxy passes it on for its client.
   *
   * The client's address, by which the listener hashes, keeps clients with their targets and writes the access log, is
   * the last one in `X-Forwarded-For` that is not in these networks. If all are, it is the first one; what is no address
   * ends the search.
   *
   * An IPv6 network such as `::/0` has no IPv4 addresses in it.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, trustedProxies: ["10.0.0.0/8"] });
   * ```
   * @default none
   */
  trustedProxies?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The networks, such as `"10.0.0.0/8"` or `"2001:db8::/32"`, of the clients that may use the listener, at most 10000. An
   * empty list lets nobody use it. The client is the one that `acceptProxyProtocol` and `trustedProxies` leave;
   * `::ffff:a.b.c.d` counts as IPv4. A request over HTTP or HTTPS of another client gets a 403, other connections are
   * reset, and datagrams are dropped. A change counts for the next connection, request or datagram; open TCP connections
   * stay. `weir_rejected_total` counts the denied ones, and so does the status.
   *
   * ```ts
   * new weir.Listener("admin", { loadBalancerId: lb.id, protocol: "HTTP", port: 8443, allow: ["10.0.0.0/8"] });
   * ```
   * @default every client
   */
  allow?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The networks of the clients that may not use the listener, at most 10000, as for `allow`. A client in both lists is
   * denied.
   *
   * ```ts
   * new weir.Listener("web", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, deny: ["203.0.113.0/24"] });
   * ```
   * @default none
   */
  deny?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The largest number of new connections, or of UDP sessions, a second, counted exactly over all workers. Above it TCP
   * connections are reset, HTTP and HTTPS connections get a 429 with `Retry-After` and are closed, and datagrams are
   * dropped. After a take-over the counts begin anew.
   *
   * ```ts
   * new weir.Listener("db", { loadBalancerId: lb.id, protocol: "TCP", port: 5432, connectionsPerSecond: { total: 100 } });
   * ```
   * @default no limit
   */
  connectionsPerSecond?: pulumi.Input<ConnectionRateArgs>;
  /**
   * The largest number of requests a second, of each client address and of all clients, counted exactly over all workers;
   * HTTP and HTTPS. At least one of `perClient` and `total` is needed. Above it a request gets a 429 with `Retry-After`, on
   * a connection that stays open. The client is the one that `trustedProxies` leaves. After a take-over the counts begin
   * anew.
   *
   * ```ts
   * new weir.Listener("api", {
   *   loadBalancerId: lb.id,
   *   protocol: "HTTP",
   *   port: 80,
   *   requestsPerSecond: { perClient: 20, burst: 100 },
   * });
   * ```
   * @default no limit
   */
  requestsPerSecond?: pulumi.Input<RequestRateArgs>;
  /**
   * The stacks that may have rules and attachments on the listener, beside the stack that owns it, as for a {@link
   * LoadBalancer}. They may also have attachments on those of its rules that the stack of the listener owns. If the
   * same stack owns the load balancer, the stacks with which that is shared may have them too.
   *
   * ```ts
   * new weir.Listener("http", { loadBalancerId: lb.id, protocol: "HTTP", port: 80, sharedWith: ["shop/*"] });
   * ```
   * @default none
   */
  sharedWith?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A port of a load balancer: its protocol, and how its traffic is distributed over the targets that a {@link
 * TargetAttachment} binds to it. Every argument but `loadBalancerId` changes in place.
 *
 * ```ts
 * const http = new weir.Listener("http", { loadBalancerId: lb.id, protocol: "HTTP", port: 8080 });
 * export const url = http.endpoint;
 * ```
 */
export class Listener extends Resource {
  /**
   * The URL that clients use, such as `http://127.0.0.1:8080` or `tcp://127.0.0.1:9000`. It is known in the first
   * preview if the program has the load balancer with its `address`, and the `port`.
   */
  declare readonly endpoint: pulumi.Output<string>;

  /** Reads an existing listener by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Listener {
    // A resource that is only read needs no arguments, and Pulumi would ignore them.
    return new Listener(name, {} as ListenerArgs, { ...opts, id });
  }

  constructor(name: string, args: ListenerArgs, opts?: pulumi.CustomResourceOptions) {
    super('Listener', name, args, opts, ['endpoint']);
    const { loadBalancerId, protocol, port } = args;
    const vip = givenVip(loadBalancerId);
    if (vip !== undefined && isAsGiven(opts, ['loadBalancerId', 'protocol', 'port'])) {
      const expected = pulumi.all([vip, protocol, port]).apply(([address, scheme, number]) => {
        // Other values are refused by the provider.
        const isValid = typeof scheme === 'string' && Number.isInteger(number);
        return isValid ? endpointOf(scheme, address, number) : undefined;
      });
      this.endpoint = knownOutput(this, this.endpoint, expected);
    }
  }
}
