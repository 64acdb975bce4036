// Which of a listener's groups a request belongs to, by its host and path: built at each swap, asked at each pick. Pure.
import { hostKey, pathKey, prefixKey, type RouteMatch } from '../../../../model/base/route-key.ts';
import { hostOf } from '../message/authority.ts';

export interface TargetGroupRoute<TargetGroup> extends RouteMatch {
  readonly targetGroup: TargetGroup;
  /** The newest rule has the largest. */
  readonly version: number;
}

/** False: the group takes no requests yet, as if its rule were not there. */
type HasBegun<TargetGroup> = (targetGroup: TargetGroup) => boolean;

const SLASH = 0x2f;
const NONE: readonly number[] = [];

/**
 * The order in which rules are looked at:
 *
 * 1. By host: the exact one; then wildcards, the longest first; then rules without host. The host of a request counts
 *    without port, case and final dot. `*.example.com` takes any number of labels below example.com, not itself.
 * 2. Among the rules of one host by path: the exact one; then prefixes, the longest first; then the rule without path.
 *    A prefix goes by whole segments: `/api` and `/api/` both take `/api`, `/api/` and `/api/x`, never `/apix`. Case
 *    counts, the query does not, and slashes in a row are not taken for one. Escapes count as pathKey() has them.
 *    `*`, of OPTIONS, is no path: rules without one take it.
 * 3. Where the rules of one host do not take the path, those of the next host in this order are asked.
 *
 * A rule counts from when its group has begun, so that adding one fails no request; from then on its requests never go
 * to another rule, whatever becomes of its targets.
 *
 * Equal rules are there for a moment only, while one is renamed or created anew: their groups are given newest first.
 */
export class Router<TargetGroup> {
  readonly #exact = new Map<string, PathTable<TargetGroup>>();
  /** By what follows the `*`. */
  readonly #wildcards = new Map<string, PathTable<TargetGroup>>();
  #wildcardLengths = NONE;
  #anyHost: PathTable<TargetGroup> | undefined;
  readonly #hasBegun: HasBegun<TargetGroup>;
  /** So much of a request's path can decide: a character for each of the longest rule's and one more, all escaped. */
  readonly #maxPathLength: number;

  constructor(routes: readonly TargetGroupRoute<TargetGroup>[], hasBegun: HasBegun<TargetGroup>) {
    this.#hasBegun = hasBegun;
    this.#maxPathLength = 3 * (1 + routes.reduce((longest, { path = '' }) => Math.max(longest, path.length), 0));
    // Each group comes behind the newer ones of equal rules.
    for (const route of routes.toSorted((a, b) => b.version - a.version)) this.#tableOf(route.host).add(route);
    this.#wildcardLengths = longestFirst(this.#wildcards);
  }

  /**
   * The groups of the rule that takes the request, newest first; undefined: none does. `authority`: as the request names
   * its host; `target`: without dot segments, or `*`.
   */
  targetGroupsFor(authority: string, target: string): readonly TargetGroup[] | undefined {
    const host = hostKey(hostOf(authority));
    const queryAt = target.indexOf('?');
    const end = Math.min(queryAt === -1 ? target.length : queryAt, this.#maxPathLength);
    const path = pathKey(target.slice(0, end));
    let targetGroups = this.#exact.get(host)?.targetGroupsFor(path);
    if (targetGroups !== undefined) return targetGroups;
    for (const length of this.#wildcardLengths) {
      if (length >= host.length) continue;
      targetGroups = this.#wildcards.get(host.slice(-length))?.targetGroupsFor(path);
      if (targetGroups !== undefined) return targetGroups;
    }
    return this.#anyHost?.targetGroupsFor(path);
  }

  #tableOf(host: string | undefined): PathTable<TargetGroup> {
    if (host === undefined) {
      this.#anyHost ??= new PathTable(this.#hasBegun);
      return this.#anyHost;
    }
    const key = hostKey(host);
    const [tables, name] = key.startsWith('*') ? [this.#wildcards, key.slice(1)] : [this.#exact, key];
    const table = tables.get(name) ?? new PathTable(this.#hasBegun);
    tables.set(name, table);
    return table;
  }
}

/** The rules of one host. */
class PathTable<TargetGroup> {
  readonly #exact = new Map<string, TargetGroup[]>();
  readonly #prefixes = new Map<string, TargetGroup[]>();
  #prefixLengths = NONE;
  #anyPath: TargetGroup[] | undefined;
  readonly #hasBegun: HasBegun<TargetGroup>;

  constructor(hasBegun: HasBegun<TargetGroup>) {
    this.#hasBegun = hasBegun;
  }

  add({ path, pathMatch, targetGroup }: TargetGroupRoute<TargetGroup>): void {
    if (path === undefined) {
      this.#anyPath = [...(this.#anyPath ?? []), targetGroup];
    } else if (pathMatch === 'exact') {
      push(this.#exact, pathKey(path), targetGroup);
    } else {
      push(this.#prefixes, prefixKey(path), targetGroup);
      this.#prefixLengths = longestFirst(this.#prefixes);
    }
  }

  targetGroupsFor(path: string): readonly TargetGroup[] | undefined {
    const exact = this.#exact.get(path);
    if (exact?.some(this.#hasBegun)) return exact;
    for (const length of this.#prefixLengths) {
      if (length > path.length || (length < path.length && path.charCodeAt(length) !== SLASH)) continue;
      const targetGroups = this.#prefixes.get(path.slice(0, length));
      if (targetGroups?.some(this.#hasBegun)) return targetGroups;
    }
    return this.#anyPath?.some(this.#hasBegun) ? this.#anyPath : undefined;
  }
}

function push<TargetGroup>(targetGroups: Map<string, TargetGroup[]>, key: string, targetGroup: TargetGroup): void {
  const present = targetGroups.get(key);
  if (present === undefined) targetGroups.set(key, [targetGroup]);
  else present.push(targetGroup);
}

/**
 * The lengths of the keys that there are: so many look-ups does a request cost at most, however many labels or segments
 * the client sends.
 */
function longestFirst(keys: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...keys.keys()].map((key) => key.length))].sort((a, b) => b - a);
}
