// The target attachment: the targets that take the traffic of a listener, a rule or a load balancer.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';
import type { TagsArgs } from './tags.ts';

/** One target: where it is, and its share of the traffic. `serverId`, `address` or both are required. */
export interface TargetArgs {
  /**
   * The id of a {@link BackendServer}; without `address`, the target has the first address of the server. The server
   * must be eligible when it is bound. If it ceases to be, the target gets no new traffic until the server is eligible
   * again. A server and its bare address are one target.
   */
  serverId?: pulumi.Input<string>;
  /**
   * The IPv4 or IPv6 address of the target: not a host name, and not a multicast or broadcast address. With `serverId`, it
   * is one of the addresses of the server.
   */
  address?: pulumi.Input<string>;
  /**
   * The kind of the server: an instance (`"ecs"`), an elastic network interface (`"eni"`) or a container instance
   * (`"eci"`). It must equal `kind` of the server. The last two need a load balancer of `performance: "guaranteed"`.
   * @default "ecs"
   */
  type?: pulumi.Input<'ecs' | 'eni' | 'eci'>;
  /**
   * The port of the target, 1-65535; refused under a classic load balancer, where the `backendPort` of the listener
   * counts. When it changes, or `address` or `serverId` does, the old target serves until the new one has passed a
   * first check.
   * @default `defaultPort` of the attachment
   */
  port?: pulumi.Input<number>;
  /**
   * The share of the target beside the weights of the other targets, a whole number from 0 to 100. A target of weight 0
   * gets nothing new, and its open connections stay.
   * @default 100
   */
  weight?: pulumi.Input<number>;
  /** A note of your own, 1-80 letters, digits, `-`, `/`, `.` or `_`; it has no effect. */
  description?: pulumi.Input<string>;
}

/** A target as the runtime has it, in `boundTargets` of an attachment. */
export interface BoundTarget {
  /** The IP address of the target, also if the attachment names only a server. */
  address: string;
  /** The port of the target, also if it is the `defaultPort` of the attachment or the `backendPort` of the listener. */
  port: number;
  /** The weight of the target, from 0 to 100. */
  weight: number;
  /**
   * The health when the attachment was last written; `weir status` shows the present one. `"checking"`: the first check
   * has not ended. `"unchecked"`: checking is turned off. `"ineligible"`: the state of the server forbids traffic. A
   * target takes traffic if it is `"healthy"` or `"unchecked"`.
   */
  health: 'healthy' | 'unhealthy' | 'checking' | 'unchecked' | 'ineligible';
}

/**
 * The arguments of a {@link TargetAttachment}; exactly one of `listenerId`, `ruleId` and `loadBalancerId` is required.
 */
export interface TargetAttachmentArgs extends AdoptionArgs, TagsArgs {
  /**
   * The id of the listener whose traffic the targets take; for HTTP and HTTPS, the requests that match no rule. A
   * change of the id replaces the attachment.
   */
  listenerId?: pulumi.Input<string>;
  /** The id of the forwarding rule whose requests the targets take. A change of the id replaces the attachment. */
  ruleId?: pulumi.Input<string>;
  /**
   * The id of the load balancer whose listeners, present and future, send their traffic to the targets unless they have
   * an attachment of their own. Under a classic load balancer this is the only possibility. A change of the id replaces
   * the attachment.
   */
  loadBalancerId?: pulumi.Input<string>;
  /**
   * The targets by names of your own, at most 500. A target is known by its name: a new name is bound, a name that is
   * removed is unbound at once, and a name that stays changes in place. The order has no meaning.
   */
  targets: pulumi.Input<Record<string, pulumi.Input<TargetArgs>>>;
  /**
   * The port of targets that have none, 1-65535; it has no effect under a classic load balancer.
   * @default each target needs a port
   */
  defaultPort?: pulumi.Input<number>;
  /**
   * Whether the weights of bound targets follow the program. If false, the program gives a weight only when it binds a
   * target, and the API changes it afterwards.
   * @default true
   */
  manageWeights?: pulumi.Input<boolean>;
  /**
   * Seconds that `pulumi up` waits for every target of weight above 0 to be healthy, 0.05-86400. If some are not, it
   * fails and lists them; they stay bound.
   * @default it waits at most 5 s for the first checks, and succeeds; if no target takes traffic, a line says so
   */
  awaitHealthySeconds?: pulumi.Input<number>;
  /**
   * Seconds that a new target has for its first health check before it replaces an old one, 0.05-86400; with 0 it
   * replaces the old one at once. It applies to four kinds of change:
   *
   * - Another port, address or server under the same name. The old target serves until the new one has passed its
   *   check; if it does not pass, nothing changes and `pulumi up` fails.
   * - The first targets of a listener's own, which replace those of its load balancer: likewise.
   * - Names that are removed, if that would leave no target with traffic. They are unbound when each new target has
   *   been checked once.
   * - A new listener or rule that replaces another one, when it gets its targets: their first checks are awaited.
   * @default 30
   */
  handoverSeconds?: pulumi.Input<number>;
  /**
   * Seconds that an unbind waits, at most, until the last open connection or request of the targets that leave has
   * ended, 0.05-86400; with 0 it does not wait. The machines of its targets, on which the attachment depends, are
   * deleted only afterwards. `pulumi up` shows how many are open meanwhile. If some are left in the end, it says how
   * many, and does not fail. How long they may stay open is said by `drainSeconds` of the listener, which should not be
   * longer. A target that the same listener still serves, from another attachment or a rule, does not count: what lets it
   * go last waits for all its connections and requests of the listener. Another value also counts for an unbind that has
   * not ended yet.
   * @default 0
   */
  awaitDrainSeconds?: pulumi.Input<number>;
}

/**
 * Binds targets to a listener, to a forwarding rule, or to all listeners of a load balancer; the clouds call it
 * registering targets or adding backend servers. When `pulumi up` says that a target is unbound, no new request or
 * connection goes to it.
 *
 * ```ts
 * new weir.TargetAttachment("web", {
 *   listenerId: http.id,
 *   targets: { b1: { address: "10.0.0.1", port: 80, weight: 20 }, b2: { address: "10.0.0.2", port: 80 } },
 * });
 * ```
 */
export class TargetAttachment extends Resource {
  /** The targets as the runtime has them, by the same names as in `targets`. */
  declare readonly boundTargets: pulumi.Output<Record<string, BoundTarget>>;

  /** Reads an existing attachment by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): TargetAttachment {
    // A resource that is only read needs no arguments, and Pulumi would ignore them.
    return new TargetAttachment(name, {} as TargetAttachmentArgs, { ...opts, id });
  }

  constructor(name: string, args: TargetAttachmentArgs, opts?: pulumi.CustomResourceOptions) {
    super('TargetAttachment', name, args, opts, ['boundTargets']);
  }
}
