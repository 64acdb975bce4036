// Rules of one listener from which another rule takes requests, because its host or path is narrower than theirs.
import {
  compareRoutes,
  hostKey,
  isHostNarrower,
  isHostWithin,
  isPathWithin,
  isRouteWithin,
  pathKey,
  prefixKey,
  type RouteMatch,
} from '../base/route-key.ts';

interface Rule {
  readonly properties: RouteMatch;
}

/**
 * The rules from which a rule takes requests. `others`: the other rules of its listener.
 *
 * If all of its requests are among those of other rules, it takes them from the rule that gets them without it, which is
 * the narrowest one. A rule with a wildcard host has the names below its wildcard: a rule for such a name takes requests
 * from it, however wide the path is. A rule without a host has no names, so that it loses requests only to rules whose
 * path is among its paths.
 */
export function rulesTakenFrom<R extends Rule>({ properties: route }: Rule, others: readonly R[]): R[] {
  const around = others.filter(({ properties }) => isRouteWithin(route, properties));
  const nearest = around.toSorted((a, b) => compareRoutes(a.properties, b.properties)).slice(0, 1);
  const taken = nearest.filter(({ properties }) => compareRoutes(route, properties) < 0);
  return [...new Set([...taken, ...takenByHost(route, others)])];
}

/** The rules with a wildcard host that lose requests of one of its names to a rule with a wider path. */
function takenByHost<R extends Rule>(route: RouteMatch, others: readonly R[]): R[] {
  const paths = new PathSet();
  const ofSameNames = others.filter(({ properties: { host } }) => isHostWithin(route.host, host));
  const isLost = ({ properties }: R) =>
    properties.host !== undefined && isPathWithin(properties, route) && !paths.covers(properties);
  // A narrower host gets its paths first, so that the rules of wider hosts do not have these requests.
  return hostsOf(ofSameNames).flatMap((rules) => {
    const lost = rules.filter((rule) => isHostNarrower(route.host, rule.properties.host) && isLost(rule));
    for (const { properties } of rules) paths.add(properties);
    return lost;
  });
}

/** The rules by host, those of the narrowest host first. All of the hosts have a name in common. */
function hostsOf<R extends Rule>(rules: readonly R[]): R[][] {
  const byHost = Map.groupBy(rules, ({ properties: { host } }) => host && hostKey(host));
  const routeOf = (host: string | undefined): RouteMatch => ({ host, pathMatch: 'prefix' });
  return [...byHost].sort(([a], [b]) => compareRoutes(routeOf(a), routeOf(b))).map(([, each]) => each);
}

/** The paths of rules, in which a path is looked up at a cost that does not grow with their number. */
class PathSet {
  readonly #exact = new Set<string>();
  readonly #prefixes = new Set<string>();

  add({ path, pathMatch }: RouteMatch): void {
    if (path !== undefined && pathMatch === 'exact') this.#exact.add(pathKey(path));
    else this.#prefixes.add(prefixKey(path ?? '/'));
  }

  /** Whether one of the rules matches every path that the given rule matches. */
  covers({ path = '/', pathMatch }: RouteMatch): boolean {
    const isExact = pathMatch === 'exact';
    if (isExact && this.#exact.has(pathKey(path))) return true;
    const key = isExact ? pathKey(path) : prefixKey(path);
    for (let end = key.length; end !== -1; end = end === 0 ? -1 : key.lastIndexOf('/', end - 1)) {
      if (this.#prefixes.has(key.slice(0, end))) return true;
    }
    return false;
  }
}
