// Bindings of a model: which attachments serve each target group, and with which targets; resolved once a version.
import { targetKey } from '../../model/base/target-key.ts';
import { isHttp } from '../../model/objects/listener.ts';
import type { ParentIds } from '../../model/objects/parent.ts';
import { ownResponseName } from '../../model/objects/rule-actions.ts';
import { AttachmentIndex, mayServe } from '../../model/rules/serving.ts';
import { type TargetSnapshot, targetGroupIdOfRule } from '../contract/snapshot.ts';
import { attachmentsOf, type ResolvedTarget, resolvedTargets } from './attachments.ts';
import { type HeldTargets, heldTargets } from './held-targets.ts';
import type { Model, ModelView } from './model.ts';
import type { Attachment, StoredObject } from './object.ts';

type Listener = StoredObject<'listeners'>;
type Rule = StoredObject<'rules'>;

/** A target group that an attachment serves. */
interface ServedTargetGroup {
  readonly targetGroupId: string;
  readonly listenerId: string;
  /** Port of all targets if the load balancer is classic; else `undefined`, and each target has its own port. */
  readonly fixedPort: number | undefined;
}

const known = new WeakMap<Model, Bindings>();

/** The bindings of the view's current model. Each model's bindings are computed once. */
export function bindingsOf(view: ModelView): Bindings {
  const model = view.toModel();
  const bindings = known.get(model) ?? new Bindings(model);
  known.set(model, bindings);
  return bindings;
}

export class Bindings {
  readonly #model: Model;
  readonly #index: AttachmentIndex<Attachment>;
  readonly #rules: ReadonlyMap<string, readonly Rule[]>;

  constructor(model: Model) {
    this.#model = model;
    this.#index = new AttachmentIndex([...attachmentsOf(model)]);
    this.#rules = Map.groupBy(model.list('rules'), ({ properties }) => properties.listenerId);
  }

  ofListener(listener: Listener): readonly Attachment[] {
    return this.#index.ofListener(listener.id, listener, this.#loadBalancerOf(listener));
  }

  /** The attachments of a rule. A rule that responds itself has none: its stack is about to delete those that are left. */
  ofRule({ id, properties }: Rule): readonly Attachment[] {
    return ownResponseName(properties) === undefined ? this.#index.ofRule(id) : [];
  }

  /** The rules of a listener. A listener that became TCP or UDP has none: its stack is about to delete its rules. */
  rulesOf({ id, properties }: Listener): readonly Rule[] {
    return (isHttp(properties.protocol) && this.#rules.get(id)) || [];
  }

  /**
   * The target groups that an attachment serves. If its parent is a load balancer, the attachment serves each of its
   * listeners that has no attachment of its own, as far as the rule of sharing lets it.
   */
  targetGroupsServedBy(attachment: Attachment): ServedTargetGroup[] {
    const model = this.#model;
    const parent: ParentIds = attachment.properties;
    if (parent.ruleId !== undefined) {
      const rule = model.get('rules', parent.ruleId);
      if (rule === undefined || ownResponseName(rule.properties) !== undefined) return [];
      return [
        { targetGroupId: targetGroupIdOfRule(rule.id), listenerId: rule.properties.listenerId, fixedPort: undefined },
      ];
    }
    return this.#listenersServedBy(attachment).map(({ id, properties }) => {
      return { targetGroupId: id, listenerId: id, fixedPort: properties.backendPort };
    });
  }

  #listenersServedBy(attachment: Attachment): Listener[] {
    const { listenerId, loadBalancerId } = attachment.properties;
    if (listenerId !== undefined) return [this.#model.get('listeners', listenerId) ?? []].flat();
    return [...this.#model.list('listeners')].filter((listener) => {
      const isBelow = listener.properties.loadBalancerId === loadBalancerId && !this.#index.hasOwn(listener.id);
      return isBelow && mayServe(attachment, listener, this.#loadBalancerOf(listener));
    });
  }

  #loadBalancerOf({ properties }: Listener): StoredObject<'load-balancers'> | undefined {
    return this.#model.get('load-balancers', properties.loadBalancerId);
  }

  /**
   * The targets that the attachments bind to one target group, by target key. If several attachments bind one target
   * key, its holder is the attachment that bound the key last. `served`: an earlier result for the same target group, of
   * which equal targets stay the identical objects.
   */
  heldTargets(attachments: readonly Attachment[], fixedPort: number | undefined, served?: HeldTargets): HeldTargets {
    const parts = attachments.map((attachment) => ({ attachment, targets: this.targetsOf(attachment, fixedPort) }));
    return heldTargets(parts, served);
  }

  /** The attachment's targets in one target group. If `fixedPort` is given, every target has that port. */
  targetsOf(attachment: Attachment, fixedPort: number | undefined): readonly TargetSnapshot[] {
    const targets = resolvedTargets(this.#model, attachment);
    const places = placed.get(targets) ?? new Map<number | undefined, readonly TargetSnapshot[]>();
    placed.set(targets, places);
    const found = places.get(fixedPort) ?? placedTargets(targets, fixedPort);
    places.set(fixedPort, found);
    return found;
  }
}

/** The targets of each list of resolved targets by their fixed port: the same list each time, so that parts that did not change are found. */
const placed = new WeakMap<readonly ResolvedTarget[], Map<number | undefined, readonly TargetSnapshot[]>>();

function placedTargets(targets: readonly ResolvedTarget[], fixedPort: number | undefined): readonly TargetSnapshot[] {
  if (fixedPort === undefined) return targets.filter((target): target is TargetSnapshot => target.port !== undefined);
  return targets.map((target) => {
    return Object.freeze({ ...target, port: fixedPort, key: targetKey(target.address, fixedPort) });
  });
}
