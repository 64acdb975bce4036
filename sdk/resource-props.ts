// What every resource of the SDK passes to the engine: its arguments, its outputs to come, and who owns it.
import * as pulumi from '@pulumi/pulumi';

/**
 * Properties for the base class of a resource. `owner` is the URN that the resource will have: the runtime keeps it
 * with the object, so that no other resource takes the object over by accident. `get` reads and owns nothing.
 */
export function resourceProps(
  type: string,
  name: string,
  args: object,
  opts: pulumi.CustomResourceOptions | undefined,
  outputs: readonly string[],
): pulumi.Inputs {
  const pending = Object.fromEntries(outputs.map((output) => [output, undefined]));
  if (opts?.id !== undefined) return { ...pending, ...args };
  return { ...pending, ...args, owner: pulumi.createUrn(name, `pulumi-nodejs:dynamic/weir:${type}`, opts?.parent) };
}
