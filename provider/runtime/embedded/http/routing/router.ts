// The routing of requests to a listener's target groups by host and path; built at each swap, used at each pick. Pure.
import { hostKey, pathKey, prefixKey, type RouteMatch } from '../../../../model/base/route-key.ts';
import { hostOf } from '../message/authority.ts';

/** A rule and its target group. */
export interface TargetGroupRoute<TargetGroup> extends RouteMatch {
  readonly targetGroup: TargetGroup;
  /** The model version that last changed the rule; larger for a newer rule. */
  readonly version: number;
}

/** Returns `false` if the target group takes no requests yet, as if its rule did not exist. */
type HasBegun<TargetGroup> = (targetGroup: TargetGroup) => boolean;

const SLASH = 0x2f;
const NONE: readonly number[] = [];

/**
 * Finds the target groups of a request. Rules are tried in this order:
 *
 * 1. By host: the exact host; then wildcards, the longest first; then rules without a host. The request's host is
 *    compared without port, case and final dot. `*.example.com` matches any number of labels below example.com, but not
 *    example.com.
 * 2. Among the rules of one host by path: the exact path; then prefixes, the longest first; then the rule without a
 *    path. A prefix matches whole segments: `/api` and `/api/` both match `/api`, `/api/` and `/api/x`, never `/apix`.
 *    Case counts, the query does not, and adjacent slashes are not merged. Escapes are compared as `pathKey` normalises
 *    them. The target `*` of OPTIONS is no path: only rules without a path match it.
 * 3. If no rule of one host matches the path, the rules of the next host in this order are tried.
 *
 * A rule counts only after its target group has begun, so that adding a rule fails no request. From then on its
 * requests never go to another rule, whatever happens to its targets.
 *
 * Equal rules exist only for a moment, while a rule is renamed or replaced. Their target groups are returned newest
 * first.
 */
export class Router<TargetGroup> {
  readonly #exact = new Map<string, PathTable<TargetGroup>>();
  /** Rules with a wildcard host, by the text after the `*`. */
  readonly #wildcards = new Map<string, PathTable<TargetGroup>>();
  #wildcardLengths = NONE;
  #anyHost: PathTable<TargetGroup> | undefined;
  readonly #hasBegun: HasBegun<TargetGroup>;
  /**
   * How many characters of a request's path can decide which rule matches: those of the longest path of a rule and one
   * more, each as an escape of three characters.
   */
  readonly #maxPathLength: number;

  constructor(routes: readonly TargetGroupRoute<TargetGroup>[], hasBegun: HasBegun<TargetGroup>) {
    this.#hasBegun = hasBegun;
    this.#maxPathLength = 3 * (1 + routes.reduce((longest, { path = '' }) => Math.max(longest, path.length), 0));
    // Target groups of equal rules are added newest first.
    for (const route of routes.toSorted((a, b) => b.version - a.version)) this.#tableOf(route.host).add(route);
    this.#wildcardLengths = longestFirst(this.#wildcards);
  }

  /**
   * Returns the target groups of the matching rule, newest first, or `undefined` if no rule matches. `authority` is the
   * host as the request names it, and `target` is a path without dot segments, or `*`.
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

/** The rules of one host by path. */
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
 * Returns the distinct lengths of the keys, longest first. A request is looked up at most once for each length, however
 * many labels or segments its host or path has.
 */
function longestFirst(keys: ReadonlyMap<string, unknown>): readonly number[] {
  return [...new Set([...keys.keys()].map((key) => key.length))].sort((a, b) => b - a);
}
