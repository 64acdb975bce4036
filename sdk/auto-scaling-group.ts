// The auto scaling group of a stack: servers that come and go together with the load.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';

/** The arguments of an {@link AutoScalingGroup}. */
export interface AutoScalingGroupArgs extends AdoptionArgs {
  /**
   * The ids of the servers, by names of your own, at most 500. A name that appears joins, one that goes leaves. Left out,
   * members join and leave through the API (`PUT` and `DELETE /v1/groups/{id}/members/{serverId}`), and no `pulumi up`
   * or `pulumi refresh` removes one.
   * @default those that join through the API
   */
  members?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/**
 * A group whose members take the traffic of whatever an {@link AutoScalingAttachment} attaches it to: who joins is bound
 * there, who leaves is unbound at once. One that is not Running yet is bound as `ineligible` and comes in by itself.
 *
 * ```ts
 * const group = new weir.AutoScalingGroup("web");
 * new weir.AutoScalingAttachment("web", { groupId: group.id, listenerId: http.id, port: 80 });
 * ```
 */
export class AutoScalingGroup extends Resource {
  /** An existing group, by its id; it is read, never changed or deleted. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AutoScalingGroup {
    return new AutoScalingGroup(name, {}, { ...opts, id });
  }

  constructor(name: string, args: AutoScalingGroupArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super('AutoScalingGroup', name, args, opts, []);
  }
}
