// The canary of a stack: old and new targets of one listener or rule, and the percentage of traffic that the new ones get.
import { inspect } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import { canaryWeights } from './canary-weights.ts';
import { random } from './random.ts';
import { mapProblems, refuse } from './refusal.ts';
import { type TargetArgs, TargetAttachment, type TargetAttachmentArgs } from './target-attachment.ts';

/** The arguments of a {@link Canary}: exactly one of `listenerId`, `ruleId` and `loadBalancerId`, as of an attachment. */
export interface CanaryArgs extends Omit<TargetAttachmentArgs, 'targets' | 'manageWeights'> {
  /**
   * The targets of the version that runs now, by names of your own; may be empty at 100. Their weights follow from
   * `percentage`, a `weight` of theirs is not looked at. The map is a plain object, what is in its targets may be outputs.
   */
  old: Record<string, TargetArgs>;
  /** The targets of the new version, as `old`; may be empty at 0. No name is in both. */
  new: Record<string, TargetArgs>;
  /** Of all traffic, what the new targets get, in percent: a whole number 0-100. Changes weights, in place. */
  percentage: pulumi.Input<number>;
}

/**
 * A new version that takes over step by step: raise `percentage` from `up` to `up`, lower it to go back. Each step is
 * one change of weights, made in one moment; no target is bound or unbound by it.
 *
 * New targets take part as they are needed: of 10 at 15 percent two do, the others have weight 0 and are checked all
 * the same. `RandomShuffle` of @pulumi/random chooses which; whoever was chosen stays so while the percentage rises, and
 * until names join or leave `new`. So each of them gets at once what it gets at 100, or less, never more.
 *
 * Weights are whole numbers 0-100. The percentage comes out exact over each full cycle all the same, 0 and 100 too, and
 * what gives is that targets of one side may differ by 1, or, with few targets on the other side and near the end of the
 * scale, that some have weight 0: 99 percent on one new target leave 1 for the first by name of three old ones. The share
 * holds while every target of weight above 0 is healthy, and counts what is balanced anew: open connections and sticky
 * clients stay where they are until their target has weight 0.
 *
 * Once at 100, make the new targets the `old` ones: names, flows and counters stay.
 *
 * ```ts
 * new weir.Canary("shop", {
 *   listenerId: http.id,
 *   old: weir.targets(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]),
 *   new: weir.targets(["10.0.1.1:80", "10.0.1.2:80", "10.0.1.3:80"]),
 *   percentage: 10,
 * });
 * ```
 */
export class Canary extends pulumi.ComponentResource {
  /** What binds the targets of both sets. */
  readonly attachment: TargetAttachment;
  /** The weights by the targets' names. */
  readonly weights: pulumi.Output<Record<string, number>>;

  constructor(name: string, args: CanaryArgs, opts?: pulumi.ComponentResourceOptions) {
    const { old, new: fresh, percentage, ...attachment } = args;
    refuse('weir.Canary', name, [...mapProblems('old', old), ...mapProblems('new', fresh)]);
    const oldNames = Object.keys(old).sort();
    const newNames = Object.keys(fresh).sort();
    const weightsAt = (percent: number) => {
      refuse('weir.Canary', name, problems(oldNames, newNames, percent));
      return canaryWeights(oldNames.length, newNames.length, percent);
    };
    // At once where it can be: what is thrown here is shown as it is, and nothing is registered.
    const known = typeof percentage === 'object' ? undefined : weightsAt(percentage);
    super('weir:index:Canary', name, {}, opts);
    const weights = pulumi.output(known ?? pulumi.output(percentage).apply(weightsAt));
    const order = shuffled(name, newNames, this);

    const weightOf: Record<string, pulumi.Output<number>> = Object.fromEntries([
      ...oldNames.map((target, place) => [target, weights.apply((all) => all.old[place] as number)]),
      ...newNames.map((target) => [
        target,
        pulumi.all([weights, order]).apply(([all, chosen]) => all.new[chosen.indexOf(target)] as number),
      ]),
    ]);
    const targets = Object.fromEntries(
      Object.entries({ ...old, ...fresh }).map(([target, each]) => [target, { ...each, weight: weightOf[target] }]),
    );
    this.attachment = new TargetAttachment(name, { ...attachment, targets }, { parent: this });
    this.weights = pulumi.output(weightOf);
    this.registerOutputs({ weights: this.weights });
  }
}

/** All names, once and for all percentages, so that a higher one keeps those that a lower one chose. */
function shuffled(name: string, names: string[], parent: pulumi.Resource): pulumi.Output<string[]> {
  if (names.length === 0) return pulumi.output([]);
  const { RandomShuffle } = random();
  return new RandomShuffle(name, { inputs: names }, { parent }).results;
}

function problems(oldNames: readonly string[], newNames: readonly string[], percentage: number): string[] {
  const found = newNames.filter((name) => oldNames.includes(name)).map((name) => `new.${name}: the name is in old too`);
  if (!(Number.isInteger(percentage) && percentage >= 0 && percentage <= 100)) {
    return [...found, `percentage: ${inspect(percentage)} is not a whole number 0-100`];
  }
  if (percentage < 100 && oldNames.length === 0) found.push(`old: no target for the other ${100 - percentage} percent`);
  if (percentage > 0 && newNames.length === 0) found.push(`new: no target for ${percentage} percent`);
  return found;
}
