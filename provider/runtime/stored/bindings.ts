// Who binds what in a model, resolved once for each version: which attachments serve which target group, and with what targets.
import { canonicalAddress, targetKey } from '../../model/base/target-key.ts';
import { isHttp } from '../../model/objects/listener.ts';
import type { ParentIds } from '../../model/objects/parent.ts';
import { AttachmentIndex } from '../../model/rules/serving.ts';
import { type TargetSnapshot, targetGroupIdOfRule } from '../contract/snapshot.ts';
import { type Attachment, attachmentsOf, resolvedTargets } from './attachments.ts';
import type { Model, ModelView } from './model.ts';
import type { StoredObject } from './object.ts';

type Listener = StoredObject<'listeners'>;
type Rule = StoredObject<'rules'>;

/** A target group that an attachment serves. */
interface ServedTargetGroup {
  readonly targetGroupId: string;
  readonly listenerId: string;
  /** The port of all its targets, where its listener is a classic one. */
  readonly fixedPort: number | undefined;
}

const known = new WeakMap<Model, Bindings>();

/** The bindings of the model as the view has it now. */
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

  ofListener({ id, properties }: Listener): readonly Attachment[] {
    return this.#index.ofListener(id, properties.loadBalancerId);
  }

  ofRule({ id }: Rule): readonly Attachment[] {
    return this.#index.ofRule(id);
  }

  /** A listener that is no longer HTTP or HTTPS has none: its stack is about to delete them. */
  rulesOf({ id, properties }: Listener): readonly Rule[] {
    return (isHttp(properties.protocol) && this.#rules.get(id)) || [];
  }

  /** What an attachment serves: its rule, its listener, or those listeners of its load balancer that have none of their own. */
  targetGroupsServedBy(parent: ParentIds): ServedTargetGroup[] {
    const model = this.#model;
    if (parent.ruleId !== undefined) {
      const rule = model.get('rules', parent.ruleId);
      if (rule === undefined) return [];
      return [
        { targetGroupId: targetGroupIdOfRule(rule.id), listenerId: rule.properties.listenerId, fixedPort: undefined },
      ];
    }
    return this.#listenersServedBy(parent).map(({ id, properties }) => {
      return { targetGroupId: id, listenerId: id, fixedPort: properties.backendPort };
    });
  }

  #listenersServedBy({ listenerId, loadBalancerId }: ParentIds): Listener[] {
    if (listenerId !== undefined) return [this.#model.get('listeners', listenerId) ?? []].flat();
    return [...this.#model.list('listeners')].filter(({ id, properties }) => {
      return properties.loadBalancerId === loadBalancerId && !this.#index.hasOwn(id);
    });
  }

  /** The targets that the attachments bind to one target group, by key. Each is of its holder: of those that bind it the one that came to do so last. */
  heldTargets(attachments: readonly Attachment[], fixedPort: number | undefined): Map<string, TargetSnapshot> {
    const held = new Map<string, TargetSnapshot>();
    for (const attachment of attachments) {
      for (const target of this.targetsOf(attachment, fixedPort)) {
        const other = held.get(target.key);
        if (other !== undefined && heldSince(attachments, other) > heldSince([attachment], target)) continue;
        held.set(target.key, target);
      }
    }
    return held;
  }

  /** The attachment's targets in a target group, whose port is `fixedPort` where that is given. */
  targetsOf(attachment: Attachment, fixedPort: number | undefined): readonly TargetSnapshot[] {
    const targets = resolvedTargets(this.#model, attachment);
    if (fixedPort === undefined) return targets.filter((target): target is TargetSnapshot => target.port !== undefined);
    return targets.map((target) => {
      return Object.freeze({ ...target, port: fixedPort, key: targetKey(target.address, fixedPort) });
    });
  }
}

/** The version at which the target's attachment came to bind it. */
function heldSince(attachments: readonly Attachment[], { attachment: id, address, key }: TargetSnapshot): number {
  const boundSince = attachments.find((attachment) => attachment.id === id)?.state.boundSince ?? {};
  return boundSince[key] ?? boundSince[canonicalAddress(address)] ?? 0;
}
