// The attachments that serve a listener or a rule: its own or, for a listener without any, its load balancer's.
import type { ParentFields } from '../objects/parent.ts';

/** The attachments of a model by parent. `A` is the type of the model's attachments. */
export class AttachmentIndex<A extends { readonly properties: ParentFields }> {
  readonly #byRule: ReadonlyMap<unknown, readonly A[]>;
  readonly #byListener: ReadonlyMap<unknown, readonly A[]>;
  readonly #byLoadBalancer: ReadonlyMap<unknown, readonly A[]>;

  constructor(attachments: readonly A[]) {
    this.#byRule = groupedBy(attachments, 'ruleId');
    this.#byListener = groupedBy(attachments, 'listenerId');
    this.#byLoadBalancer = groupedBy(attachments, 'loadBalancerId');
  }

  ofRule(ruleId: unknown): readonly A[] {
    return this.#byRule.get(ruleId) ?? [];
  }

  ofListener(listenerId: unknown, loadBalancerId: unknown): readonly A[] {
    return this.#byListener.get(listenerId) ?? this.ofLoadBalancer(loadBalancerId);
  }

  /** The attachments bound to the load balancer itself, whichever of its listeners they serve. */
  ofLoadBalancer(loadBalancerId: unknown): readonly A[] {
    return this.#byLoadBalancer.get(loadBalancerId) ?? [];
  }

  /** Whether the listener has attachments of its own, so that those of its load balancer do not serve it. */
  hasOwn(listenerId: unknown): boolean {
    return this.#byListener.has(listenerId);
  }
}

function groupedBy<A extends { readonly properties: ParentFields }>(
  attachments: readonly A[],
  name: keyof ParentFields,
) {
  const groups = Map.groupBy(attachments, ({ properties }) => properties[name]);
  groups.delete(undefined);
  return groups;
}
