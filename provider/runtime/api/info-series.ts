// Info series of the metrics: always 1, with facts and tags as labels, so that a query can group other series by them.
import { inOneLine } from '../../model/base/one-line.ts';
import type { Tags } from '../stored/tags.ts';
import type { TagBudget } from './tag-budget.ts';

type Labels = Readonly<Record<string, string>>;

/** The series of one metric. prom-client cannot write it, because it wants to know the names of all labels beforehand. */
export class InfoSeries {
  readonly #name: string;
  readonly #budget: TagBudget;
  readonly #lines: string[];

  constructor(name: string, help: string, budget: TagBudget) {
    this.#name = name;
    this.#budget = budget;
    this.#lines = [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  }

  /** Adds a series. Its tags become labels that begin with `tag_`, if there is room for them. */
  add(labels: Labels, tags: Tags = {}): void {
    const ofTags = this.#budget.take(tags) ? tagLabels(tags) : [];
    const pairs = [...Object.entries(labels), ...ofTags].map(([name, value]) => `${name}="${escaped(value)}"`);
    this.#lines.push(`${this.#name}{${pairs.join(',')}} 1`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}

/**
 * Tags as labels. The name of a label has only letters of ASCII, digits and `_`: any other character becomes `_`. If two
 * tags come to one name, the second by name gets a further `_`.
 */
function tagLabels(tags: Tags): [name: string, value: string][] {
  const taken = new Set<string>();
  return Object.keys(tags)
    .sort()
    .map((tag) => {
      let name = `tag_${tag.replace(/[^A-Za-z0-9_]/g, '_')}`;
      while (taken.has(name)) name += '_';
      taken.add(name);
      return [name, tags[tag] ?? ''];
    });
}

/** A value as the text format of Prometheus writes it. */
function escaped(value: string): string {
  return inOneLine(value).replace(/[\\"]/g, '\\$&');
}
