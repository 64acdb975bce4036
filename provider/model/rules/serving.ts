// The attachments that serve a listener or a rule: its own or, for a listener without any, its load balancer's.
import { isSameStack } from '../base/owners.ts';
import { stackOf } from '../base/urn.ts';
import type { ParentFields } from '../objects/parent.ts';
import { isOpenTo, type Owned } from './sharing.ts';

interface OwnedAttachment {
  readonly owner?: string | undefined;
  readonly properties: ParentFields;
}

interface OwnedListener extends Owned {
  readonly properties: { readonly loadBalancerId?: unknown };
}

/** The attachments of a model by parent. `A` is the type of the model's attachments. */
export class AttachmentIndex<A extends OwnedAttachment> {
  readonly #byRule: ReadonlyMap<unknown, readonly A[]>;
  readonly #byListener: ReadonlyMap<unknown, readonly A[]>;
  readonly #byLoadBalancer: ReadonlyMap<unknown, readonly A[]>;
  /** One attachment of each stack at each load balancer, because all attachments of a stack serve the same listeners. */
  readonly #stacks: ReadonlyMap<unknown, ReadonlyMap<string | undefined, A>>;

  constructor(attachments: readonly A[]) {
    this.#byRule = groupedBy(attachments, 'ruleId');
    this.#byListener = groupedBy(attachments, 'listenerId');
    this.#byLoadBalancer = groupedBy(attachments, 'loadBalancerId');
    this.#stacks = new Map([...this.#byLoadBalancer].map(([id, all]) => [id, onePerStack(all)]));
  }

  ofRule(ruleId: unknown): readonly A[] {
    return this.#byRule.get(ruleId) ?? [];
  }

  /** The attachments that serve a listener. `loadBalancer`: the one above it, `undefined` if it is not known. */
  ofListener(listenerId: unknown, listener: OwnedListener, loadBalancer: Owned | undefined): readonly A[] {
    const own = this.#byListener.get(listenerId);
    if (own !== undefined) return own;
    const { loadBalancerId } = listener.properties;
    const all = this.#byLoadBalancer.get(loadBalancerId) ?? [];
    const stacks = [...(this.#stacks.get(loadBalancerId) ?? [])];
    const serving = new Map(stacks.filter(([, one]) => mayServe(one, listener, loadBalancer)));
    if (serving.size === stacks.length) return all;
    return serving.size === 0 ? [] : all.filter(({ owner }) => serving.has(stackOf(owner)));
  }

  /** Whether the listener has attachments of its own, so that those of its load balancer do not serve it. */
  hasOwn(listenerId: unknown): boolean {
    return this.#byListener.has(listenerId);
  }
}

/**
 * Whether an attachment to a load balancer serves a listener of it that has no attachments of its own. If attachment,
 * listener and load balancer belong to three stacks, the listener has to be shared with the attachment's stack now: its
 * owner has never agreed to the attachment. A listener of the load balancer's stack is served by whatever that stack has
 * let attach to the load balancer, also after the sharing was withdrawn or while a renamed stack takes its objects over.
 */
export function mayServe(attachment: Pick<Owned, 'owner'>, listener: Owned, loadBalancer: Owned | undefined): boolean {
  if (attachment.owner === undefined || listener.owner === undefined) return true;
  if (isSameStack(attachment, listener)) return true;
  if (loadBalancer !== undefined && [attachment, listener].some((each) => isSameStack(each, loadBalancer))) return true;
  return isOpenTo(listener, attachment.owner, (object) => (object === listener ? loadBalancer : undefined));
}

function onePerStack<A extends OwnedAttachment>(attachments: readonly A[]): ReadonlyMap<string | undefined, A> {
  return new Map(attachments.map((attachment) => [stackOf(attachment.owner), attachment]));
}

function groupedBy<A extends OwnedAttachment>(attachments: readonly A[], name: keyof ParentFields) {
  const groups = Map.groupBy(attachments, ({ properties }) => properties[name]);
  groups.delete(undefined);
  return groups;
}
