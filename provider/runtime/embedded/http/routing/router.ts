// Which of a listener's groups a request belongs to, by its host and path: built at each swap, asked at each pick. Pure.
import { hostKey, pathKey, prefixKey, type RouteMatch } from '../../../../model/base/route-key.ts';
import { hostOf } from '../message/authority.ts';

export interface GroupRoute<Group> extends RouteMatch {
  readonly group: Group;
  /** The newest rule has the largest. */
  readonly version: number;
}

/** False: the group takes no requests yet, as if its rule were not there. */
type HasBegun<Group> = (group: Group) => boolean;

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
export class Router<Group> {
  readonly #exact = new Map<string, PathTable<Group>>();
  /** By what follows the `*`. */
  readonly #wildcards = new Map<string, PathTable<Group>>();
  #wildcardLengths = NONE;
  #anyHost: PathTable<Group> | undefined;
  readonly #hasBegun: HasBegun<Group>;
  /** So much of a request's path can decide: a character for each of the longest rule's and one more, all escaped. */
  readonly #maxPathLength: number;

  constructor(routes: readonly GroupRoute<Group>[], hasBegun: HasBegun<Group>) {
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
  groupsFor(authority: string, target: string): readonly Group[] | undefined {
    const host = hostKey(hostOf(authority));
    const queryAt = target.indexOf('?');
    const end = Math.min(queryAt === -1 ? target.length : queryAt, this.#maxPathLength);
    const path = pathKey(target.slice(0, end));
    let groups = this.#exact.get(host)?.groupsFor(path);
    if (groups !== undefined) return groups;
    for (const length of this.#wildcardLengths) {
      if (length >= host.length) continue;
      groups = this.#wildcards.get(host.slice(-length))?.groupsFor(path);
      if (groups !== undefined) return groups;
    }
    return this.#anyHost?.groupsFor(path);
  }

  #tableOf(host: string | undefined): PathTable<Group> {
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
class PathTable<Group> {
  readonly #exact = new Map<string, Group[]>();
  readonly #prefixes = new Map<string, Group[]>();
  #prefixLengths = NONE;
  #anyPath: Group[] | undefined;
  readonly #hasBegun: HasBegun<Group>;

  constructor(hasBegun: HasBegun<Group>) {
    this.#hasBegun = hasBegun;
  }

  add({ path, pathMatch, group }: GroupRoute<Group>): void {
    if (path === undefined) {
      this.#anyPath = [...(this.#anyPath ?? []), group];
    } else if (pathMatch === 'exact') {
      push(this.#exact, pathKey(path), group);
    } else {
      push(this.#prefixes, prefixKey(path), group);
      this.#prefixLengths = longestFirst(this.#prefixes);
    }
  }

  groupsFor(path: string): readonly Group[] | undefined {
    const exact = this.#exact.get(path);
    if (exact?.some(this.#hasBegun)) return exact;
    for (const length of this.#prefixLengths) {
      if (length > path.length || (length < path.length && path.charCodeAt(length) !== SLASH)) continue;
      const groups = this.#prefixes.get(path.slice(0, length));
      if (groups?.some(this.#hasBegun)) return groups;
    }
    return this.#anyPath?.some(this.#hasBegun) ? this.#anyPath : undefined;
  }
}

function push<Group>(groups: Map<string, Group[]>, key: string, group: Group): void {
  const present = groups.get(key);
  if (present === undefined) groups.set(key, [group]);
  else present.push(group);
}

/**
 * The lengths of the keys that there are: so many look-ups does a request cost at most, however many labels or segments
 * the client sends.
 */
function longestFirst(keys: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...keys.keys()].map((key) => key.length))].sort((a, b) => b - a);
}
