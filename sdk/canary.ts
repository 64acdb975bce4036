// The canary: old and new targets of one listener or rule, and the percentage of the traffic that the new ones get.
import { inspect } from 'node:util';
import * as pulumi from '@pulumi/pulumi';
import { canaryWeights } from './canary-weights.ts';
import { random } from './random.ts';
import { mapProblems, refuse } from './refusal.ts';
import { type TargetArgs, TargetAttachment, type TargetAttachmentArgs } from './target-attachment.ts';

/**
 * The arguments of a {@link Canary}: its two sets of targets, and those of the {@link TargetAttachment} that binds
 * them.
 */
export interface CanaryArgs extends Omit<TargetAttachmentArgs, 'targets' | 'manageWeights'> {
  /**
   * The targets of the present version by names of your own, as a plain object; may be empty at 100 percent. Their
   * weights follow from `percentage`, so a `weight` of theirs has no effect. Properties of a target may be outputs.
   */
  old: Record<string, TargetArgs>;
  /** The targets of the new version, like `old`; may be empty at 0 percent. No name may be in both. */
  new: Record<string, TargetArgs>;
  /** The part of the traffic that the new targets get, in percent: a whole number from 0 to 100. */
  percentage: pulumi.Input<number>;
}

/**
 * A new version that takes the traffic step by step: raise `percentage` with each `pulumi up`, and lower it to go back.
 * Each step changes the weights of all targets at one moment, and binds or unbinds none.
 *
 * Only as many new targets get traffic as the percentage needs: of 10 new targets at 15 percent two do. The others have
 * weight 0, and are checked all the same. A `RandomShuffle` of @pulumi/random chooses them; a chosen target stays
 * chosen while the percentage rises, and until names are added to `new` or removed from it. Therefore no new target
 * ever gets more than it gets at 100 percent.
 *
 * The percentage is exact over each full cycle, although weights are whole numbers from 0 to 100. Instead the targets
 * of one side may differ by 1, or some of them may have weight 0 if the other side has few targets: 99 percent on one
 * new target leave 1 for the first by name of three old ones. The share holds while every target of weight above 0 is
 * healthy, and counts new connections and requests: open connections and sticky clients stay with their target until it
 * has weight 0.
 *
 * At 100 percent, make the new targets the `old` ones under the same names: connections and counters stay.
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
  /** The attachment that binds the old and the new targets. */
  readonly attachment: TargetAttachment;
  /** The weights of the old and the new targets by their names. */
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
    // A known percentage is checked before anything is registered, so that the error is shown without a stack trace.
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
    // Pulumi hands `retainOnDelete` down by itself, but only what the attachment is given reaches the runtime.
    const options = {
      parent: this,
      ...(opts?.retainOnDelete !== undefined && { retainOnDelete: opts.retainOnDelete }),
    };
    this.attachment = new TargetAttachment(name, { ...attachment, targets }, options);
    this.weights = pulumi.output(weightOf);
    this.registerOutputs({ weights: this.weights });
  }
}

/**
 * The names of all new targets in a random order that does not depend on the percentage. Targets that are chosen at a
 * low percentage therefore stay chosen at a higher one.
 */
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
