// Outputs that follow from the arguments of a program, which a preview and a unit test therefore know.
import * as pulumi from '@pulumi/pulumi';

/**
 * An output of a resource with the value that the arguments give it. In a preview, the engine takes every output of a
 * new or changed resource for unknown. Under Pulumi's mocks, an output has no value unless the mock gives it one.
 * `expected` resolves to `undefined` if the arguments do not say the value after all.
 */
export function knownOutput<T>(
  resource: pulumi.Resource,
  output: pulumi.Output<T>,
  expected: pulumi.Output<T | undefined>,
): pulumi.Output<T> {
  if (!pulumi.runtime.isDryRun()) {
    return output.apply((value) => value ?? expected) as pulumi.Output<T>;
  }
  // The output is derived from the URN too, so that it depends on the resource.
  return pulumi.all([resource.urn, expected]).apply(([, value]) => value ?? output) as pulumi.Output<T>;
}

/**
 * Whether the object will have the properties as the arguments give them: nothing but the arguments changes them, and
 * the resource is not only read.
 */
export function isAsGiven(opts: pulumi.CustomResourceOptions | undefined, properties: readonly string[]): boolean {
  const { id, ignoreChanges = [], transforms = [], transformations = [] } = opts ?? {};
  const isIgnored = ignoreChanges.some((path) => path === '*' || properties.includes(path));
  return id === undefined && !isIgnored && transforms.length === 0 && transformations.length === 0;
}
