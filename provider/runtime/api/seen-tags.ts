// Tags in the status: those of the objects that the caller may read.
import type { Model } from '../stored/model.ts';
import type { StoredObject } from '../stored/object.ts';
import { objectsOfListener, objectsOfTarget, type Tags, tagsOf } from '../stored/tags.ts';
import type { ReadFilter } from './read-filter.ts';
import { TagBudget } from './tag-budget.ts';

/** The tags that one response shows. */
export class SeenTags {
  readonly #model: Model;
  readonly #isReadable: ReadFilter;
  readonly #budget = new TagBudget();

  constructor(model: Model, isReadable: ReadFilter) {
    this.#model = model;
    this.#isReadable = isReadable;
  }

  /** The tags of a listener, and its load balancer with the tags of that. */
  ofListener(id: string): { tags?: Tags | undefined; loadBalancer?: { id: string; tags?: Tags | undefined } } {
    const seen = objectsOfListener(this.#model, id).filter(this.#isReadable);
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
    const tags = tagsOf(tagged.filter(this.#isReadable));
    if (tags === undefined) return {};
    return this.#budget.take(tags) ? { tags } : { areTagsOmitted: true };
  }
}
