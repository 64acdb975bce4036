// Tags: texts by names of the user's own, which every resource can have.
import type * as pulumi from '@pulumi/pulumi';

/**
 * The tags of a resource. They have no effect on traffic. The status of the runtime shows them, `weir status --tag`
 * selects by them, and the info series of the metrics have them as labels.
 *
 * ```ts
 * new weir.LoadBalancer("web", { address: "10.0.0.10", tags: { team: "shop", stage: "prod" } });
 * ```
 */
export interface TagsArgs {
  /**
   * Texts by names of your own, at most 64; names and values have at most 255 characters.
   * @default none
   */
  tags?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}
