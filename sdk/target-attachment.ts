// The target attachment of a stack: the targets, by names of yours, that take the traffic of a listener or rule.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';

/** One target: a server or an address and a port that answer, and its share of the traffic. */
export interface TargetArgs {
  /**
   * The id of a {@link BackendServer}, whose first address counts where `address` is not given. It must be eligible when
   * it is bound; where it is no more later, it takes no new traffic and comes back by itself. A server and its bare
   * address are one target. Required where there is no `address`.
   */
  serverId?: pulumi.Input<string>;
  /** An IPv4 or IPv6 address, no host name; with `serverId` one of that server's. */
  address?: pulumi.Input<string>;
  /**
   * The kind of the server, which must be named where it is `"eni"` or `"eci"`: those need a load balancer of
   * `performance: "guaranteed"`.
   * @default "ecs"
   */
  type?: pulumi.Input<'ecs' | 'eni' | 'eci'>;
  /**
   * The port, 1-65535. A change is make before break, as of `serverId` and `address`: the old target serves until the new
   * one passed a check. Not for classic load balancers: there the listener's `backendPort` counts.
   * @default the attachment's `defaultPort`
   */
  port?: pulumi.Input<number>;
  /**
   * Its share beside the other targets' weights, a whole number 0-100. 0: nothing new goes to it, open connections stay.
   * @default 100
   */
  weight?: pulumi.Input<number>;
  /** 1-80 letters, digits, `-`, `/`, `.` or `_`, for your own use. */
  description?: pulumi.Input<string>;
}

/** A target as the runtime has it, among the outputs of an attachment. */
export interface BoundTarget {
  address: string;
  port: number;
  weight: number;
  /** As it was when the attachment was last written; `weir status` has it live. */
  health: 'healthy' | 'unhealthy' | 'checking' | 'unchecked' | 'ineligible';
}

/** The arguments of a {@link TargetAttachment}: exactly one of `listenerId`, `ruleId` and `loadBalancerId`. */
export interface TargetAttachmentArgs extends AdoptionArgs {
  /**
   * The listener whose traffic the targets take; of an HTTP or HTTPS one with rules, what no rule matches. Another one
   * replaces the attachment.
   */
  listenerId?: pulumi.Input<string>;
  /** The forwarding rule whose requests the targets take. Another one replaces the attachment. */
  ruleId?: pulumi.Input<string>;
  /**
   * In place of `listenerId`: every listener of this load balancer, present and future, that has no attachment of its
   * own. The only form for a classic load balancer. Another one replaces the attachment.
   */
  loadBalancerId?: pulumi.Input<string>;
  /**
   * The targets by names of your own, at most 500. The name is what a target is known by: a name that appears is bound,
   * one that goes is unbound at once, and one that stays changes in place. Order means nothing.
   */
  targets: pulumi.Input<Record<string, pulumi.Input<TargetArgs>>>;
  /**
   * The port of targets without one, 1-65535. Under a classic load balancer it has no effect.
   * @default each target has its own
   */
  defaultPort?: pulumi.Input<number>;
  /**
   * False: weights are given here once, when a target is bound, and then belong to whoever changes them through the
   * API; this program no longer sets them back.
   * @default true
   */
  manageWeights?: pulumi.Input<boolean>;
  /**
   * Seconds that `pulumi up` waits for every target of weight above 0 to be healthy, 0.05-86400; it fails with the list
   * of those that are not.
   * @default it does not wait
   */
  awaitHealthySeconds?: pulumi.Input<number>;
  /**
   * Seconds that a changed port, address or server has to pass its first check, 0.05-86400; until then the old one serves,
   * and if it does not pass, nothing changes and `pulumi up` fails. The same for the first targets of a listener's own,
   * which take the place of its load balancer's. Where names that go leave none in traffic, at most as long for one first
   * check of each that comes, and then they go; and for the first checks of targets for which a new listener or rule takes
   * over from another one. 0: all of it at once.
   * @default 30
   */
  handoverSeconds?: pulumi.Input<number>;
}

/**
 * Binds targets to a listener, to a forwarding rule, or to all listeners of a load balancer. When `pulumi up` says that
 * a target is unbound, no new request or connection goes to it.
 *
 * ```ts
 * new weir.TargetAttachment("web", {
 *   listenerId: http.id,
 *   targets: { b1: { address: "10.0.0.1", port: 80, weight: 20 }, b2: { address: "10.0.0.2", port: 80 } },
 * });
 * ```
 */
export class TargetAttachment extends Resource {
  /** The targets as the runtime has them, by the same names. */
  declare readonly boundTargets: pulumi.Output<Record<string, BoundTarget>>;

  /** An existing attachment, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): TargetAttachment {
    // What is read needs no arguments; the program's would be ignored.
    return new TargetAttachment(name, {} as TargetAttachmentArgs, { ...opts, id });
  }

  constructor(name: string, args: TargetAttachmentArgs, opts?: pulumi.CustomResourceOptions) {
    super('TargetAttachment', name, args, opts, ['boundTargets']);
  }
}
