// What every resource of the SDK is: its arguments go to the engine with what the providers must know beside them.
import * as pulumi from '@pulumi/pulumi';
import type { ResourceClass } from '../provider/model/base/kinds.ts';
import { PROVIDERS } from '../provider/shim.ts';
import { secretArguments, withSecrets } from './secrets.ts';

/** Whose each id is: an argument that is the id of a resource of the program is this very output. */
const ownersOfIds = new WeakMap<object, Promise<pulumi.URN>>();

export abstract class Resource extends pulumi.dynamic.Resource {
  /** `outputs`: the names of what the runtime answers beside the arguments. */
  constructor(
    type: ResourceClass,
    name: string,
    args: object,
    opts: pulumi.CustomResourceOptions | undefined,
    outputs: readonly string[],
  ) {
    if (opts?.import !== undefined) {
      const advice = `in place of the option \`import\` give the argument adopt: ${JSON.stringify(opts.import)}`;
      throw new pulumi.RunError(`weir.${type} ${name}: Pulumi cannot import dynamic resources: ${advice}`);
    }
    const pending = Object.fromEntries(outputs.map((output) => [output, undefined]));
    const owner = urnOf(name, `pulumi-nodejs:dynamic/weir:${type}`, opts?.parent);
    // `get` reads and owns nothing.
    const own = opts?.id === undefined ? { ...withSecrets(args), ...forCheck(args), owner } : args;
    super(PROVIDERS[type], name, { ...pending, ...own }, opts, 'weir', type);
    ownersOfIds.set(this.id, owner);
  }
}

/**
 * The URN that the resource will have: the runtime keeps it with the object, so that no other resource takes the object
 * over by accident. As text alone, which depends on nothing: as the output that Pulumi makes of it, an input would depend
 * on the parent, which for a component means on all its children, the resource itself among them, and `up` would never end.
 */
function urnOf(name: string, type: string, parent: pulumi.CustomResourceOptions['parent']): Promise<pulumi.URN> {
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}

/**
 * What `check` alone is told, which keeps it out of inputs and state. In preview the ids of new resources are not known,
 * and whose they are is: that lets the providers check resources against each other.
 */
function forCheck(args: object): { references: unknown; secrets: unknown } {
  const references = pulumi.runtime.isDryRun() ? referencesIn(args) : undefined;
  return { references, secrets: secretArguments(args) };
}

/** The arguments with nothing but the URNs of resources in place of their ids; undefined where there are none. */
function referencesIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (pulumi.Output.isInstance(value)) return ownersOfIds.get(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  const found = Object.entries(value).flatMap(([name, item]) => {
    const reference = referencesIn(item);
    return reference === undefined ? [] : [[name, reference]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
