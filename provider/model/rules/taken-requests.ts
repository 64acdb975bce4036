// Rules of one listener from which another rule takes requests, because its host or path is narrower than theirs.
import { isSameStack } from '../base/owners.ts';
import { compareRoutes, isHostNarrower, isPathWithin, isRouteWithin, type RouteMatch } from '../base/route-key.ts';

interface OwnedRule {
  readonly owner?: string | undefined;
  readonly properties: RouteMatch;
}

/**
 * The rules from which a rule takes requests. `others`: the other rules of its listener.
 *
 * If all of its requests are among those of other rules, it takes them from the rule that gets them without it, which is
 * the narrowest one. A rule with a wildcard host has the names below its wildcard: whoever has a rule for such a name
 * takes requests from it, however wide the path is, unless a rule of the same stack gets them already. A rule without a
 * host has no names, so that it loses requests only to rules whose path is among its paths.
 */
export function rulesTakenFrom<R extends OwnedRule>(rule: OwnedRule, others: readonly R[]): R[] {
  const route = rule.properties;
  const around = others.filter(({ properties }) => isRouteWithin(route, properties));
  const [nearest] = around.toSorted((a, b) => compareRoutes(a.properties, b.properties));
  const own = around.filter((other) => isSameStack(other, rule));
  const below = others.filter(({ properties: { host, path, pathMatch } }) => {
    if (host === undefined || !isHostNarrower(route.host, host) || !isPathWithin({ path, pathMatch }, route))
      return false;
    return !own.some(({ properties }) => isHostNarrower(properties.host, host));
  });
  const isTaken = (other: R) => compareRoutes(route, other.properties) < 0;
  return [...new Set([...(nearest === undefined ? [] : [nearest]), ...below])].filter(isTaken);
}
