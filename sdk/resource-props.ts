// What every resource of the SDK passes to the engine: its arguments, its outputs to come, and who owns it.
import * as pulumi from '@pulumi/pulumi';
import { withSecrets } from './secrets.ts';

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
  return { ...pending, ...withSecrets(args), owner: urnOf(name, `pulumi-nodejs:dynamic/weir:${type}`, opts?.parent) };
}

/**
 * The URN as text alone, which depends on nothing: as the output that Pulumi makes of it, an input would depend on the
 * parent, which for a component means on all its children, the resource itself among them, and `up` would never end.
 */
function urnOf(name: string, type: string, parent: pulumi.CustomResourceOptions['parent']): Promise<pulumi.URN> {
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}
