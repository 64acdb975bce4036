// The base class of all resources: it passes the arguments to the engine, and adds the owner and marks the secrets.
import * as pulumi from '@pulumi/pulumi';
import type { ResourceClass } from '../provider/model/base/kinds.ts';
import { isRecord, RESERVED_NAME } from '../provider/model/base/record.ts';
import { PROVIDERS } from '../provider/shim.ts';
import { type Absent, absentArguments } from './absent-arguments.ts';
import { isPlain, outputsIn } from './nested-outputs.ts';
import { forwardedOptions } from './options.ts';
import { secretArguments, withSecrets } from './secrets.ts';

/** The URN of a resource. It is a promise if it depends on a parent. */
type Urn = pulumi.URN | Promise<pulumi.URN>;

/**
 * Maps the id output of each resource to the URN of that resource. If a program passes the id of
 * a resource as an argument, the argument is the same output object.
 */
const ownersOfIds = new WeakMap<object, Urn>();

export abstract class Resource extends pulumi.dynamic.Resource {
  /** `outputs`: the names of the properties that the runtime adds to the arguments. */
  constructor(
    type: ResourceClass,
    name: string,
    args: object,
    opts: pulumi.CustomResourceOptions | undefined,
    outputs: readonly string[],
  ) {
    if (opts?.import !== undefined) {
      const advice = `give the argument adopt: ${JSON.stringify(opts.import)} instead of the option \`import\``;
      throw new pulumi.RunError(`weir.${type} ${name}: Pulumi cannot import dynamic resources: ${advice}`);
    }
    const reserved = Object.entries(args).find(([, value]) => isRecord(value) && Object.hasOwn(value, RESERVED_NAME));
    if (reserved !== undefined) {
      // Pulumi drops a map entry with the reserved name before the providers see it.
      throw new pulumi.RunError(`weir.${type} ${name}: ${reserved[0]}: the name ${RESERVED_NAME} is reserved`);
    }
    const pending = Object.fromEntries(outputs.map((output) => [output, undefined]));
    const urn = urnOf(name, `pulumi-nodejs:dynamic/weir:${type}`, opts?.parent);
    const options = forwardedOptions(`weir.${type} ${name}`, opts);
    // `get` only reads a resource, so this program is not given to the runtime as its owner.
    const own = opts?.id === undefined ? { ...withSecrets(args), ...forCheck(args), ...options, owner: urn } : args;
    super(PROVIDERS[type], name, { ...pending, ...own }, opts, 'weir', type);
    ownersOfIds.set(this.id, urn);
  }
}

/**
 * The URN that the resource will have. The runtime keeps the URN with the object, so that no other resource takes the
 * object over by accident. The output that Pulumi's `createUrn` returns cannot be used: it depends on the parent, and a
 * component as the parent depends on all its children. The resource would wait for itself, and `up` would never end.
 * Without a parent the URN is known at once, which saves the outputs and promises of `createUrn` for each resource.
 */
function urnOf(name: string, type: string, parent: pulumi.CustomResourceOptions['parent']): Urn {
  if (parent === undefined) return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`;
  return new Promise((resolve) => {
    pulumi.createUrn(name, type, parent).apply(resolve);
  });
}

/** Facts for `check` alone, which removes them, so that neither inputs nor state have them. */
interface ForCheck {
  readonly references?: unknown;
  readonly secrets?: readonly string[];
  readonly absent?: Absent;
}

/**
 * The property with the facts for `check`, if the arguments have outputs: other arguments need none. It is one property,
 * because Pulumi makes an output, four promises and a stack trace for each of them out of each property of a resource.
 */
function forCheck(args: object): { forCheck?: Promise<ForCheck | undefined> } {
  return outputsIn(args).length === 0 ? {} : { forCheck: factsOf(args) };
}

/**
 * In a preview the ids of new resources are unknown; the URNs of their resources are known, and let the providers check
 * resources against each other.
 */
async function factsOf(args: object): Promise<ForCheck | undefined> {
  const references = pulumi.runtime.isDryRun() ? referencesIn(args) : undefined;
  const [secrets, absent] = await Promise.all([secretArguments(args), absentArguments(args)]);
  const facts = {
    ...(references !== undefined && { references }),
    ...(secrets !== undefined && { secrets }),
    ...(absent !== undefined && { absent }),
  };
  return Object.keys(facts).length > 0 ? facts : undefined;
}

/**
 * The arguments that are ids of resources, with their URNs in place of the ids. Returns `undefined` if there are none.
 */
function referencesIn(value: unknown): unknown {
  if (pulumi.Output.isInstance(value)) return ownersOfIds.get(value);
  if (!isPlain(value)) return undefined;
  const found = Object.entries(value).flatMap(([name, item]) => {
    const reference = referencesIn(item);
    return reference === undefined ? [] : [[name, reference]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}
