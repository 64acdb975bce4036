// Programs whose dynamic resources do nothing, with which stacks of Weir's resources are compared.

const WEIR = `import { Listener, LoadBalancer, TargetAttachment } from 'pulumi-weir';`;

/**
 * Returns the head of a program whose resources do nothing. They have no `check` and `diff`, so the engine itself
 * compares the inputs, which equal those of Weir's resources. `outs` is code for the outputs, which the engine sends
 * and stores like Weir's.
 */
function noOp(outs: string): string {
  return `import * as pulumi from '@pulumi/pulumi';
const provider = {
  create: async (inputs) => ({ id: 'no-op', outs: ${outs} }),
  update: async (id, olds, inputs) => ({ outs: ${outs} }),
};
class NoOp extends pulumi.dynamic.Resource {
  constructor(name, props) {
    super(provider, name, props);
  }
}
const [Listener, LoadBalancer, TargetAttachment] = [NoOp, NoOp, NoOp];`;
}

/** Program text that gives a no-op resource the outputs of an attachment: its targets as `boundTargets`. */
const WITH_OUTPUTS = `{
    ...inputs,
    boundTargets: Object.fromEntries(
      Object.entries(inputs.targets ?? {}).map(([name, target]) => [name, { ...target, health: 'unhealthy' }]),
    ),
  }`;

/** The beginnings of the programs: Weir, no-op resources with outputs like Weir's, and no-op resources without. */
export const HEADS = { weir: WEIR, same: noOp(WITH_OUTPUTS), bare: noOp('inputs') };
export type ResourceKind = keyof typeof HEADS;
