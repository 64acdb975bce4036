// The auto scaling group: servers that join and leave it as the load changes.
import type * as pulumi from '@pulumi/pulumi';
import type { AdoptionArgs } from './adoption.ts';
import { Resource } from './resource.ts';
import type { TagsArgs } from './tags.ts';

/** The arguments of an {@link AutoScalingGroup}, which are optional. */
export interface AutoScalingGroupArgs extends AdoptionArgs, TagsArgs {
  /**
   * The ids of the servers by names of your own, at most 500. A new name joins the group, and a name that is removed
   * leaves it. If `members` is left out, servers join and leave by `weir join` or through the API, with `PUT` and
   * `DELETE /v1/groups/{id}/members/{serverId}`, and neither `pulumi up` nor `pulumi refresh` removes one. With `?ttl=30`
   * a server joins with a lease of 30 seconds, 5 to 3,600, which the same request renews; a member whose lease ends is
   * unbound.
   * @default the servers that join through the API
   */
  members?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /**
   * The servers that may join through the API, as patterns of their ids, at most 64. In a pattern, `*` is any text and
   * `?` one character. Servers that no pattern matches are refused with `OperationFailed.ActionNotSupport`; the members
   * that the group has already stay. Not beside `members`.
   * @default all servers
   * @example ["i-web-*"]
   */
  joinable?: pulumi.Input<pulumi.Input<string>[]>;
}

/**
 * A group of servers that are bound wherever an {@link AutoScalingAttachment} attaches the group: a server that joins
 * is bound there, and one that leaves is unbound at once. A member that is not `"Running"` yet is bound as
 * `"ineligible"`, and takes traffic as soon as it is running.
 *
 * ```ts
 * const group = new weir.AutoScalingGroup("web");
 * new weir.AutoScalingAttachment("web", { groupId: group.id, listenerId: http.id, port: 80 });
 * ```
 */
export class AutoScalingGroup extends Resource {
  /** Reads an existing group by its id, and never changes or deletes it. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): AutoScalingGroup {
    return new AutoScalingGroup(name, {}, { ...opts, id });
  }

  constructor(name: string, args: AutoScalingGroupArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super('AutoScalingGroup', name, args, opts, []);
  }
}
