// The auto scaling attachment: which traffic the members of an auto scaling group take.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';
import type { TagsArgs } from './tags.ts';

/**
 * The arguments of an {@link AutoScalingAttachment}; exactly one of `listenerId`, `ruleId` and `loadBalancerId` is
 * required.
 */
export interface AutoScalingAttachmentArgs extends AdoptionArgs, TagsArgs {
  /**
   * The id of the group whose members are bound. If the id changes, the members of the old group are replaced by those
   * of the new one, in the same way as for another `port`.
   */
  groupId: pulumi.Input<string>;
  /**
   * The id of the listener whose traffic the members take; for HTTP and HTTPS, the requests that match no rule. A
   * change of the id replaces the attachment.
   */
  listenerId?: pulumi.Input<string>;
  /** The id of the forwarding rule whose requests the members take. A change of the id replaces the attachment. */
  ruleId?: pulumi.Input<string>;
  /**
   * The id of the load balancer whose listeners, present and future, send their traffic to the members unless they have
   * an attachment of their own. Under a classic load balancer this is the only possibility. A change of the id replaces
   * the attachment.
   */
  loadBalancerId?: pulumi.Input<string>;
  /**
   * The port of every member, 1-65535; required, except under a classic load balancer, where it is refused because the
   * `backendPort` of the listener counts. When it changes, the old port serves until the new one has passed a first
   * check; if it does not pass within 30 s, nothing changes and `pulumi up` fails.
   */
  port?: pulumi.Input<number>;
  /**
   * The share of each member beside the weights of the other targets, a whole number from 0 to 100.
   * @default 100
   */
  weight?: pulumi.Input<number>;
  /**
   * Seconds that an unbind waits, at most, until the last open connection or request of the members that leave has
   * ended, 0.05-86400; with 0 it does not wait. It applies to changes of the attachment and to members that leave the
   * group, and works as in a {@link TargetAttachment}.
   * @default 0
   */
  awaitDrainSeconds?: pulumi.Input<number>;
}

/**
 * Binds the members of an {@link AutoScalingGroup}, present and future, to a listener, to a forwarding rule, or to all
 * listeners of a load balancer; the clouds call it associating a group with a load balancer. A target that a {@link
 * TargetAttachment} binds there too stays bound until both let it go.
 *
 * ```ts
 * new weir.AutoScalingAttachment("web", { groupId: group.id, listenerId: http.id, port: 80, weight: 50 });
 * ```
 */
export class AutoScalingAttachment extends Resource {
  /** Reads an existing attachment by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AutoScalingAttachment {
    // A resource that is only read needs no arguments, and Pulumi would ignore them.
    return new AutoScalingAttachment(name, {} as AutoScalingAttachmentArgs, { ...opts, id });
  }

  constructor(name: string, args: AutoScalingAttachmentArgs, opts?: pulumi.CustomResourceOptions) {
    super('AutoScalingAttachment', name, args, opts, []);
  }
}
