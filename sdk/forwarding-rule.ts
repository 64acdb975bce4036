// The forwarding rule: which requests of an HTTP listener go to targets of their own.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import type { HealthCheckArgs } from './health-check.ts';
import { Resource } from './resource.ts';
import type { FixedResponseArgs, HeaderEditsArgs, RedirectArgs, RewriteArgs } from './rule-actions.ts';
import type { StickySessionArgs } from './sticky-session.ts';
import type { TagsArgs } from './tags.ts';

/** The arguments of a {@link ForwardingRule}; `host`, `path` or both are required. */
export interface ForwardingRuleArgs extends AdoptionArgs, TagsArgs {
  /** The id of the HTTP or HTTPS listener that the rule belongs to. A change of the id replaces the rule. */
  listenerId: pulumi.Input<string>;
  /**
   * The host of the requests, without a port: a name, an IPv4 address, or an IPv6 address in brackets.
   * `"*.example.com"` matches any number of labels below example.com, but not example.com itself. The port of the
   * request, upper and lower case, and a final dot make no difference.
   * @default any host
   */
  host?: pulumi.Input<string>;
  /**
   * The path of the requests, from its first slash and without a query, at most 1024 characters. Upper and lower case
   * differ, and so do one slash and several. Before the comparison, dot segments of the request are removed, and
   * escapes of letters, digits and `-._~` are decoded; `%2F` is not a slash.
   * @default any path
   */
  path?: pulumi.Input<string>;
  /**
   * How `path` is compared. `"prefix"` matches whole segments: `/api` and `/api/` both match `/api`, `/api/` and
   * `/api/x`, but not `/apix`. `"exact"` matches the path alone: `/api` does not match `/api/`.
   * @default "prefix"
   */
  pathMatch?: pulumi.Input<'prefix' | 'exact'>;
  /**
   * How a target is chosen for a request, as for a {@link Listener}; a rule does not inherit the listener's algorithm.
   * @default "weighted-round-robin"
   */
  algorithm?: pulumi.Input<'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash'>;
  /**
   * How the targets of the rule are checked; a rule does not inherit the listener's health check.
   * @default a TCP check every 5 s
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
  /**
   * How a client returns to the target that it had before; a rule does not inherit the listener's sticky session.
   * @default each request is distributed anew
   */
  stickySession?: pulumi.Input<StickySessionArgs>;
  /**
   * The largest number of idle connections to each target that are kept for later requests, 0-1000000, over all workers. A rule does not inherit the limit of the listener.
   * With 0 none is kept, and targets are asked to close (`Connection: close`). Set it for targets that serve each
   * connection by a process or thread of its own. It does not concern connections on which a client has logged in (NTLM,
   * Negotiate). A change takes effect at once.
   * @default no limit; each worker keeps at most 256
   */
  maxIdleTargetConnections?: pulumi.Input<number>;
  /**
   * The largest number of connections to each target, 1-1000000, counted exactly over all workers, idle ones included. A rule does not inherit the limit of the listener.
   * Health checks do not count: they need one more. Above it a request goes to another target, if no sticky session or
   * hash binds it to this one; if all are full it waits in order, at most `requestTimeoutSeconds` (503). Waiting requests
   * count for `maxPendingRequests`. After the wait, the target has the whole `requestTimeoutSeconds` to respond. A lower
   * limit interrupts no request.
   *
   * ```ts
   * new weir.ForwardingRule("php", { listenerId: http.id, path: "/php", maxConnectionsPerTarget: 4 });
   * ```
   * @default no limit
   */
  maxConnectionsPerTarget?: pulumi.Input<number>;
  /**
   * Sends clients to another URL in place of a response of a target. The rule then has no targets, and an attachment to
   * it is refused. Only one of `redirect`, `fixedResponse` and `rewrite` may be given.
   *
   * ```ts
   * new weir.ForwardingRule("old", { listenerId: http.id, path: "/old", redirect: { path: "/new", status: 308 } });
   * ```
   * @default the requests go to targets
   */
  redirect?: pulumi.Input<RedirectArgs>;
  /**
   * Gives every request the same response in place of one of a target. The rule then has no targets, and an attachment to
   * it is refused. Only one of `redirect`, `fixedResponse` and `rewrite` may be given.
   *
   * ```ts
   * new weir.ForwardingRule("robots", {
   *   listenerId: http.id,
   *   path: "/robots.txt",
   *   pathMatch: "exact",
   *   fixedResponse: { status: 200, body: "User-agent: *\nDisallow: /\n" },
   * });
   * ```
   * @default the requests go to targets
   */
  fixedResponse?: pulumi.Input<FixedResponseArgs>;
  /**
   * The host and path that targets get in place of those of the request. Only one of `redirect`, `fixedResponse` and
   * `rewrite` may be given. A change counts for requests that are sent to a target from then on.
   *
   * ```ts
   * new weir.ForwardingRule("api", { listenerId: http.id, path: "/api", rewrite: { path: "/" } });
   * ```
   * @default targets get the host and path of the request
   */
  rewrite?: pulumi.Input<RewriteArgs>;
  /**
   * Edits of the header fields that targets get; not beside `redirect` and `fixedResponse`. A change counts for requests
   * that are sent to a target from then on.
   * @default the fields of the request
   */
  requestHeaders?: pulumi.Input<HeaderEditsArgs>;
  /**
   * Edits of the header fields that clients get: of the final responses of targets, and of the redirect or fixed response
   * of the rule. The cookie of a `stickySession` and responses of the runtime in place of a target, such as a 503, are
   * not edited. A change counts for responses that begin from then on.
   * @default the fields of the response
   */
  responseHeaders?: pulumi.Input<HeaderEditsArgs>;
  /**
   * The stacks that may have attachments on the rule, beside the stack that owns it, as for a {@link LoadBalancer}. If
   * the same stack owns the listener, the stacks with which that is shared may have them too.
   *
   * ```ts
   * new weir.ForwardingRule("cart", { listenerId: http.id, path: "/cart", sharedWith: ["cart/prod"] });
   * ```
   * @default none
   */
  sharedWith?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * Sends requests of an HTTP or HTTPS listener that have a certain host or path to targets of their own, which a {@link
 * TargetAttachment} with `ruleId` binds. Time-outs, draining, slow start and the limits for clients are those of the listener. Every
 * argument but `listenerId` changes in place.
 *
 * If several rules match a request, the most specific rule takes it. The order in which rules were created does not
 * matter:
 *
 * 1. By host: the exact host, then wildcards, the longest first, then rules without a host.
 * 2. Among rules of one host by path: the exact path, then prefixes, the longest first, then the rule without a path.
 * 3. If no rule of a host matches the path, the rules of the next host in this order are tried.
 *
 * Requests that match no rule, and `OPTIONS *`, go to the targets of the listener itself.
 *
 * A rule begins to take requests when the first checks of its first targets have ended, and stops when its last
 * attachment is deleted. In between, a request for which no target of the rule can take traffic gets a 503; it never
 * goes to the targets of another rule or of the listener. Therefore rules come, change and go without a failed request.
 * Two rules of one stack may be equal while one of them is renamed: the newest one that responds itself, or has a target
 * that takes traffic, serves.
 *
 * A rule with a `redirect` or a `fixedResponse` responds itself, takes requests from its creation on, and has no targets.
 * A rule may become one and back without a failed request, with its attachment removed or added in the same program: the
 * update of the rule unbinds its targets and warns about the attachment, which Pulumi deletes afterwards; on the way back,
 * the rule goes on with its former response until the first checks of its first targets have ended.
 *
 * ```ts
 * const api = new weir.ForwardingRule("api", { listenerId: http.id, host: "*.example.com", path: "/api" });
 * new weir.TargetAttachment("api", { ruleId: api.id, targets: { a1: { address: "10.0.0.7", port: 8080 } } });
 * ```
 */
export class ForwardingRule extends Resource {
  /** Reads an existing rule by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ForwardingRule {
    // A resource that is only read needs no arguments, and Pulumi would ignore them.
    return new ForwardingRule(name, {} as ForwardingRuleArgs, { ...opts, id });
  }

  constructor(name: string, args: ForwardingRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super('ForwardingRule', name, args, opts, []);
  }
}
