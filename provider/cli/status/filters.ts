// Filters of a status: the part of it that has given listeners, stacks, states of health and tags.
import { InvalidArgumentError } from 'commander';
import type { StatusResponse } from '../../model/api/status.ts';
import { matchesGlob } from '../../model/base/glob.ts';
import type { Health } from '../../model/base/health.ts';
import { HEALTH_STATES } from '../../model/base/health.ts';
import { inOneLine } from '../../model/base/one-line.ts';
import { valueIn } from '../../model/base/record.ts';

/** A tag to select by. Without a value, any value of the tag counts. */
export interface WantedTag {
  readonly name: string;
  readonly value: string | undefined;
}

/** What is shown: of each filter with several values any of them, but all of the tags. An empty filter shows all. */
export interface Filters {
  /** Ids of listeners, or names of their resources; `*` is any text. */
  readonly listeners: readonly string[];
  /** PROJECT/STACK, or a stack of any project; `*` is any text. */
  readonly stacks: readonly string[];
  readonly healths: readonly Health[];
  readonly tags: readonly WantedTag[];
}

type Listener = StatusResponse['listeners'][number];
type Target = Listener['targets'][number];

/** Number of values that a message names. */
const MOST_NAMED = 20;

/** Reads `NAME` or `NAME=VALUE`. An option that is given several times adds each tag to those before it. */
export function wantedTag(text: string, others: readonly WantedTag[] = []): WantedTag[] {
  const [name = '', ...value] = text.split('=');
  if (name === '') throw new InvalidArgumentError('Give NAME or NAME=VALUE.');
  return [...others, { name, value: value.length > 0 ? value.join('=') : undefined }];
}

/** Reads a state of health, like `wantedTag`. */
export function wantedHealth(text: string, others: readonly Health[] = []): Health[] {
  const health = HEALTH_STATES.find((state) => state === text);
  if (health === undefined) throw new InvalidArgumentError(`The states are ${HEALTH_STATES.join(', ')}.`);
  return [...others, health];
}

/** Reads the name of a listener or of a stack, like `wantedTag`. */
export function wantedName(text: string, others: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('Give a name.');
  return [...others, text];
}

/** Whether a filter has values, so that something may be left out. */
export function isFiltering({ listeners, stacks, healths, tags }: Filters): boolean {
  return listeners.length + stacks.length + healths.length + tags.length > 0;
}

/**
 * The status with only what passes every filter. A target has its own tags and those of its listener and load balancer,
 * and the stacks of its attachment and its rule. A listener is shown with its targets that pass, or if it passes by
 * itself and no health is asked for.
 */
export function filteredPart(status: StatusResponse, filters: Filters): StatusResponse {
  if (!isFiltering(filters)) return status;
  const { listeners: names, stacks, healths, tags: wanted } = filters;
  const listeners = status.listeners
    .filter((listener) => isNamed(listener, names))
    .flatMap((listener) => {
      const own = { ...listener.loadBalancer?.tags, ...listener.tags };
      const stackOfRule = new Map((listener.rules ?? []).map(({ id, stack }) => [id, stack]));
      const passes = ({ stack, rule, health, tags, areTagsOmitted }: Target) =>
        (healths.length === 0 || healths.includes(health)) &&
        (isOfStack(stack, stacks) || (rule !== undefined && isOfStack(stackOfRule.get(rule), stacks))) &&
        // A target whose tags the response left out may have them.
        (areTagsOmitted === true || hasAll({ ...own, ...tags }, wanted));
      const targets = listener.targets.filter(passes);
      const kept = new Set(targets.map(({ rule }) => rule));
      const isTagged = healths.length === 0 && hasAll(own, wanted);
      const rules = listener.rules?.filter(({ id, stack }) => kept.has(id) || (isTagged && isOfStack(stack, stacks)));
      const isOfOwner = isOfStack(listener.stack, stacks) || isOfStack(listener.loadBalancer?.stack, stacks);
      const isOwn = isTagged && (isOfOwner || (rules ?? []).length > 0);
      return targets.length > 0 || isOwn ? [{ ...listener, targets, rules }] : [];
    });
  return { ...status, listeners };
}

/** Messages about values of filters that nothing in the status has, each with the values that there are. */
export function unknownValues({ listeners }: StatusResponse, filters: Filters): string[] {
  const stacks = filters.stacks.length === 0 ? [] : [...new Set(listeners.flatMap(stacksOf))];
  return [
    ...filters.listeners
      .filter((name) => !listeners.some((listener) => isNamed(listener, [name])))
      .map((name) =>
        unknown(
          'listener',
          name,
          listeners.map(({ id }) => id),
        ),
      ),
    ...filters.stacks
      .filter((name) => !stacks.some((stack) => isOfStack(stack, [name])))
      .map((name) => unknown('stack', name, stacks)),
  ];
}

function stacksOf({ stack, loadBalancer, rules = [], targets }: Listener): string[] {
  const all = [
    stack,
    loadBalancer?.stack,
    ...rules.map((rule) => rule.stack),
    ...targets.map((target) => target.stack),
  ];
  return all.filter((each) => each !== undefined);
}

/** Messages about tags that nothing in the status has, with the tags that there are. */
export function unknownTags({ listeners }: StatusResponse, { tags: wanted }: Filters): string[] {
  if (wanted.length === 0) return [];
  const present = new Set<string>();
  const all: Tags[] = listeners.flatMap(({ tags, loadBalancer, targets }) => [
    tags,
    loadBalancer?.tags,
    ...targets.map((target) => target.tags),
  ]);
  for (const tags of all) for (const [name, value] of Object.entries(tags ?? {})) present.add(`${name}=${value}`);
  return wanted
    .filter((tag) => !all.some((tags) => hasAll(tags, [tag])))
    .map(({ name, value }) => unknown('tag', value === undefined ? name : `${name}=${value}`, present));
}

function unknown(what: string, name: string, all: Iterable<string>): string {
  const names = [...new Set(all)].sort();
  const others = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const there =
    names.length === 0 ? `there is no ${what}` : `there are ${names.slice(0, MOST_NAMED).join(', ')}${others}`;
  return inOneLine(`no ${what} ${name}: ${there}`);
}

function isNamed({ id, resource }: Listener, names: readonly string[]): boolean {
  return (
    names.length === 0 ||
    names.some((name) => matchesGlob(name, id) || (resource !== undefined && matchesGlob(name, resource)))
  );
}

function isOfStack(owner: string | undefined, stacks: readonly string[]): boolean {
  if (stacks.length === 0) return true;
  if (owner === undefined) return false;
  return stacks.some((stack) => matchesGlob(stack.includes('/') ? stack : `*/${stack}`, owner));
}

type Tags = Readonly<Record<string, string>> | undefined;

function hasAll(tags: Tags, wanted: readonly WantedTag[]): boolean {
  return wanted.every(({ name, value }) => {
    const actual = valueIn(tags ?? {}, name);
    return actual !== undefined && (value === undefined || value === actual);
  });
}
