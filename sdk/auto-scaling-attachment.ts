// The auto scaling attachment of a stack: whose traffic the members of a group take.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';

/** The arguments of an {@link AutoScalingAttachment}: a group, and exactly one of `listenerId`, `ruleId` and `loadBalancerId`. */
export interface AutoScalingAttachmentArgs extends AdoptionArgs {
  /** The id of the group. Another one takes its place: its members are bound, the other's unbound; as with `port`. */
  groupId: pulumi.Input<string>;
  /**
   * The listener whose traffic the members take; of an HTTP or HTTPS one with rules, what no rule matches. Another one
   * replaces the attachment.
   */
  listenerId?: pulumi.Input<string>;
  /** The forwarding rule whose requests the members take. Another one replaces the attachment. */
  ruleId?: pulumi.Input<string>;
  /**
   * In place of `listenerId`: every listener of this load balancer, present and future, that has no attachment of its
   * own. The only form for a classic load balancer. Another one replaces the attachment.
   */
  loadBalancerId?: pulumi.Input<string>;
  /**
   * The port of every member, 1-65535; required, but for classic load balancers, where the listener's `backendPort`
   * counts and none may be given. Changes in place: the old port serves until the new one has passed a first check; not
   * within 30 s: nothing changes, and `pulumi up` fails.
   */
  port?: pulumi.Input<number>;
  /**
   * The share of each member beside the other targets' weights, a whole number 0-100. Changes in place.
   * @default 100
   */
  weight?: pulumi.Input<number>;
}

/**
 * Binds the members of an {@link AutoScalingGroup}, present and future, to a listener, to a forwarding rule, or to all
 * listeners of a load balancer. Targets that an attachment binds to the same stay what they are.
 *
 * ```ts
 * new weir.AutoScalingAttachment("web", { groupId: group.id, listenerId: http.id, port: 80, weight: 50 });
 * ```
 */
export class AutoScalingAttachment extends Resource {
  /** An existing attachment, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AutoScalingAttachment {
    // What is read needs no arguments; the program's would be ignored.
    return new AutoScalingAttachment(name, {} as AutoScalingAttachmentArgs, { ...opts, id });
  }

  constructor(name: string, args: AutoScalingAttachmentArgs, opts?: pulumi.CustomResourceOptions) {
    super('AutoScalingAttachment', name, args, opts, []);
  }
}
