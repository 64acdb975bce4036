// Tags in the status: those of the objects that the caller may read.
import type { Access } from '../control/access/access.ts';
import { mayRead } from '../control/access/permissions.ts';
import type { Model } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';
import { objectsOfListener, objectsOfTarget, type Tags, tagsOf } from '../stored/tags.ts';

import { TagBudget } from './tag-budget.ts';

/** The tags that one response shows. */
export class SeenTags {
  readonly #model: Model;
  readonly #access: Access;
  readonly #budget = new TagBudget();
  /** Whether the caller may read an object. Each one is decided once, because an attachment has up to 500 targets. */
  readonly #isSeen = new Map<StoredObject, boolean>();

  constructor(model: Model, access: Access) {
    this.#model = model;
    this.#access = access;
  }

  /** The tags of a listener, and its load balancer with the tags of that. */
  ofListener(id: string): { tags?: Tags | undefined; loadBalancer?: { id: string; tags?: Tags | undefined } } {
    const seen = objectsOfListener(this.#model, id).filter((object) => this.#sees(object));
    const of = (kind: StoredObject['kind']) => seen.find((object) => object.kind === kind);
    const loadBalancer = of('load-balancers');
    return {
      tags: of('listeners')?.properties.tags,
      ...(loadBalancer && { loadBalancer: { id: loadBalancer.id, tags: loadBalancer.properties.tags } }),
    };
  }

  /** The tags of a bound target: those of its rule, attachment, auto scaling group and server. */
  ofTarget(
    target: { readonly attachment: string; readonly name: string },
    rule: string | undefined,
  ): { tags?: Tags; areTagsOmitted?: true } {
    const tagged = objectsOfTarget(this.#model, target, rule).filter(({ properties }) => properties.tags !== undefined);
    const tags = tagsOf(tagged.filter((object) => this.#sees(object)));
    if (tags === undefined) return {};
    return this.#budget.take(tags) ? { tags } : { areTagsOmitted: true };
  }

  #sees(object: StoredObject): boolean {
    const known = this.#isSeen.get(object);
    if (known !== undefined) return known;
    const isSeen = mayRead(this.#access, this.#model, object);
    this.#isSeen.set(object, isSeen);
    return isSeen;
  }
}
