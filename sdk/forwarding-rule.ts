// The forwarding rule of a stack: which requests of an HTTP listener go to targets of their own.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import type { HealthCheckArgs } from './health-check.ts';
import { Resource } from './resource.ts';
import type { StickySessionArgs } from './sticky-session.ts';

/** The arguments of a {@link ForwardingRule}: `host` or `path`, or both. */
export interface ForwardingRuleArgs extends AdoptionArgs {
  /** The id of the HTTP or HTTPS listener that it belongs to. Another one replaces the rule. */
  listenerId: pulumi.Input<string>;
  /**
   * The host that requests ask for, without port: a name, an IPv4 address, or an IPv6 address in brackets.
   * `"*.example.com"` takes any number of labels below example.com, but not example.com itself. The port of the request,
   * case and a final dot make no difference.
   * @default any host
   */
  host?: pulumi.Input<string>;
  /**
   * The path that requests ask for, at most 1024 characters, from its first slash on and without query. Case counts, and
   * slashes in a row are not taken for one. Dot segments of a request are removed before; escapes of letters, digits and
   * `-._~` count as the characters, and `%2F` is no slash.
   * @default any path
   */
  path?: pulumi.Input<string>;
  /**
   * `"prefix"` goes by whole segments: `/api` and `/api/` both take `/api`, `/api/` and `/api/x`, never `/apix`.
   * `"exact"` takes that path only: `/api` does not take `/api/`.
   * @default "prefix"
   */
  pathMatch?: pulumi.Input<'prefix' | 'exact'>;
  /**
   * How targets are chosen, as of a {@link Listener}; the listener's own algorithm is of its own targets only.
   * @default "weighted-round-robin"
   */
  algorithm?: pulumi.Input<'weighted-round-robin' | 'weighted-least-connections' | 'source-ip-hash'>;
  /**
   * How the rule's targets are checked; the listener's own check is of its own targets only.
   * @default a TCP connect every 5 s
   */
  healthCheck?: pulumi.Input<HealthCheckArgs>;
  /**
   * How a client keeps its target of this rule; the listener's own sticky session is of its own targets only.
   * @default each request is balanced anew
   */
  stickySession?: pulumi.Input<StickySessionArgs>;
}

/**
 * Requests of an HTTP or HTTPS listener that go to targets of their own, which a {@link TargetAttachment} with `ruleId`
 * binds. Time-outs, draining and slow start are the listener's.
 *
 * Of several rules the most specific one takes a request, whatever the order in which they were made:
 *
 * 1. By host: the exact one; then wildcards, the longest first; then rules without host.
 * 2. Among rules of one host by path: the exact one; then prefixes, the longest first; then the one without path.
 * 3. Where no rule of a host takes the path, those of the next host in this order are asked.
 *
 * What no rule takes goes to the listener's own targets, and so does `OPTIONS *`.
 *
 * A rule takes requests from the first checks of its first targets on, until no attachment is of it any more; before and
 * after, they go where they would go without it. In between a request that finds no target that takes traffic gets a
 * 503, and is never given to another rule's or the listener's targets. So rules come, change and go without a failed
 * request. Two rules of a stack may be equal while one is renamed: the newest that has a target that takes traffic serves.
 *
 * ```ts
 * const api = new weir.ForwardingRule("api", { listenerId: http.id, host: "*.example.com", path: "/api" });
 * new weir.TargetAttachment("api", { ruleId: api.id, targets: { a1: { address: "10.0.0.7", port: 8080 } } });
 * ```
 */
export class ForwardingRule extends Resource {
  /** An existing rule, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ForwardingRule {
    // What is read needs no arguments; the program's would be ignored.
    return new ForwardingRule(name, {} as ForwardingRuleArgs, { ...opts, id });
  }

  constructor(name: string, args: ForwardingRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super('ForwardingRule', name, args, opts, []);
  }
}
