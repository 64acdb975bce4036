// Rules from which another rule takes requests, compared with what the router of the data plane does with requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { isPathWithin, type RouteMatch, routeKey } from '../../../../provider/model/base/route-key.ts';
import { rulesTakenFrom } from '../../../../provider/model/rules/taken-requests.ts';
import { Router } from '../../../../provider/runtime/embedded/http/routing/router.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

const HOSTS = [undefined, 'a.x', 'A.X.', '*.x', '*.b.x', 'c.b.x', '*.c.b.x', 'y'];
const PATHS = [undefined, '/', '/a', '/a/', '/%61', '/a/b', '/ab'];
const ROUTES: RouteMatch[] = HOSTS.flatMap((host) =>
  PATHS.flatMap((path) =>
    (['prefix', 'exact'] as const)
      .filter((pathMatch) => (path === undefined ? pathMatch === 'prefix' && host !== undefined : true))
      .map((pathMatch) => ({ host, path, pathMatch })),
  ),
);
const REQUESTS = ['x', 'a.x', 'd.x', 'b.x', 'c.b.x', 'd.b.x', 'd.c.b.x', 'y', 'z'].flatMap((host) =>
  ['/', '/a', '/a/', '/a/b', '/a/b/', '/a/b/c', '/a/c', '/ab', '/ab/c', '/c'].map((path) => [host, path] as const),
);

const rule = fc.record({ properties: fc.constantFrom(...ROUTES) });
const rules = fc.uniqueArray(rule, { minLength: 1, maxLength: 6, selector: ({ properties }) => routeKey(properties) });

interface Rule {
  readonly properties: RouteMatch;
}

/** The rule that the router chooses for each of the requests. */
function holders(all: readonly Rule[]): (Rule | undefined)[] {
  const routes = all.map((each, version) => ({ ...each.properties, targetGroup: each, version }));
  const router = new Router<Rule>(routes, () => true);
  return REQUESTS.map(([host, path]) => router.targetGroupsFor(host, path)?.[0]);
}

test('the rules from which a rule takes requests are those from which the router takes them', () => {
  assertHolds(
    fc.property(rules, ([next, ...others]) => {
      assert.ok(next);
      const [before, after] = [holders(others), holders([next, ...others])];
      const lost = new Set<Rule | undefined>(before.filter((was, index) => was !== undefined && was !== after[index]));
      const told = new Set(rulesTakenFrom(next, others));
      for (const each of others) {
        // A rule without a host has no names: it loses only requests to rules within its paths.
        const isMeant: boolean = each.properties.host !== undefined || isPathWithin(next.properties, each.properties);
        assert.equal(told.has(each), isMeant && lost.has(each), JSON.stringify(each));
      }
    }),
    { numRuns: 2000 },
  );
});
