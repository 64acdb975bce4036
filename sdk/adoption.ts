// The arguments of every resource by which it takes over an object that exists.
import type * as pulumi from '@pulumi/pulumi';

/**
 * How a resource takes over an object that the runtime has already, in place of making one. They count when the resource
 * is created, and may stay or go after that: the object then belongs to this stack, and `pulumi destroy` deletes it.
 *
 * ```ts
 * new weir.LoadBalancer("web", { address: "10.0.0.10", adopt: "web-by-hand" });
 * ```
 */
export interface AdoptionArgs {
  /**
   * The id of the object to take over, as the API and `weir export` show it. Its properties must be what the arguments
   * say; else `pulumi up` fails with each difference and changes nothing. Traffic is not touched.
   * @default a new object
   */
  adopt?: pulumi.Input<string>;
  /**
   * True: where the object differs from the arguments, it is changed to be as they say.
   * @default false
   */
  adoptAndChange?: pulumi.Input<boolean>;
  /**
   * The owner of the object, as the error names it, where that is a resource of another stack. That stack then neither
   * changes nor deletes it any more: take the resource out of its program. Not needed for what was made through the API
   * or by this stack.
   * @default nobody's and this stack's objects only
   */
  adoptFrom?: pulumi.Input<string>;
}
