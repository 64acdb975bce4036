// Adoption: the arguments of every resource by which it takes over an object that already exists.
import type * as pulumi from '@pulumi/pulumi';

/**
 * The arguments by which a resource takes over an object that the runtime already has, instead of creating one. They
 * count when the resource is created, and may stay in the program or be removed afterwards: the object then belongs to
 * this stack, and `pulumi destroy` deletes it.
 *
 * ```ts
 * new weir.LoadBalancer("web", { address: "10.0.0.10", adopt: "web-by-hand" });
 * ```
 */
export interface AdoptionArgs {
  /**
   * The id of the object to take over, as the API and `weir export` show it. If the object differs from the arguments,
   * `pulumi up` fails with each difference and changes nothing. Taking an object over does not touch its traffic.
   * @default a new object is created
   */
  adopt?: pulumi.Input<string>;
  /**
   * Whether an object that differs from the arguments is changed to what they say, instead of being refused.
   * @default false
   */
  adoptAndChange?: pulumi.Input<boolean>;
  /**
   * The owner of the object, as the error message names it; required if the object belongs to another stack. That stack
   * then neither changes nor deletes the object any more: remove the resource from its program.
   * @default only objects of this stack and objects without an owner can be adopted
   */
  adoptFrom?: pulumi.Input<string>;
}
