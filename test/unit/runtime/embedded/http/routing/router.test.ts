// The routing of requests to rules: the order of hosts and paths, and the index against a plain search of all rules.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Router, type TargetGroupRoute } from '../../../../../../provider/runtime/embedded/http/routing/router.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';

type Rule = Omit<TargetGroupRoute<string>, 'pathMatch' | 'version'> & {
  pathMatch?: 'prefix' | 'exact';
  version?: number;
};

function routerOf(rules: readonly Rule[], notBegun: ReadonlySet<string> = new Set()): Router<string> {
  const routes = rules.map((rule): TargetGroupRoute<string> => ({ pathMatch: 'prefix', version: 1, ...rule }));
  return new Router(routes, (targetGroup) => !notBegun.has(targetGroup));
}

/** A request as `host/path`, without `http://`. */
type Row = [request: string, targetGroups: string[] | undefined];

function rows(name: string, rules: readonly Rule[], expected: readonly Row[]): void {
  test(name, () => {
    const router = routerOf(rules);
    for (const [request, targetGroups] of expected) {
      const pathAt = request.indexOf('/');
      assert.deepEqual(router.targetGroupsFor(request.slice(0, pathAt), request.slice(pathAt)), targetGroups, request);
    }
  });
}

rows(
  'the exact host precedes wildcards, longer ones first, and rules without a host',
  [
    { targetGroup: 'any', path: '/' },
    { targetGroup: 'short', host: '*.example.com' },
    { targetGroup: 'long', host: '*.b.example.com' },
    { targetGroup: 'exact', host: 'a.b.example.com' },
  ],
  [
    ['a.b.example.com/', ['exact']],
    ['c.b.example.com/', ['long']],
    ['x.c.b.example.com/', ['long']],
    ['b.example.com/', ['short']],
    ['x.y.example.com/', ['short']],
    ['example.com/', ['any']],
    ['.example.com/', ['any']],
    ['notexample.com/', ['any']],
    ['a.b.example.com.org/', ['any']],
  ],
);

rows(
  'the case, port and final dot of a host make no difference',
  [
    { targetGroup: 'name', host: 'WWW.example.com.' },
    { targetGroup: 'six', host: '[::1]' },
    { targetGroup: 'wild', host: '*.Example.org' },
  ],
  [
    ['www.EXAMPLE.com/', ['name']],
    ['www.example.com.:8080/', ['name']],
    ['www.example.com:/', ['name']],
    ['[::1]:8080/', ['six']],
    ['[::1]/', ['six']],
    ['A.EXAMPLE.ORG.:1/', ['wild']],
    ['www.example.com../', undefined],
    ['/', undefined],
  ],
);

rows(
  'the exact path precedes prefixes, longer ones first, and the rule without a path',
  [
    { targetGroup: 'none', host: 'h' },
    { targetGroup: 'root', host: 'h', path: '/' },
    { targetGroup: 'a', host: 'h', path: '/a' },
    { targetGroup: 'ab', host: 'h', path: '/a/b/' },
    { targetGroup: 'exact', host: 'h', path: '/a/b', pathMatch: 'exact' },
  ],
  [
    ['h/a/b', ['exact']],
    ['h/a/b?x=/a', ['exact']],
    ['h/a/b/', ['ab']],
    ['h/a/b/c', ['ab']],
    ['h/a/bc', ['a']],
    ['h/a', ['a']],
    ['h/ab', ['root']],
    ['h/?/a', ['root']],
    ['h//a', ['root']],
    ['h/A', ['root']],
    ['i/a', undefined],
  ],
);

rows(
  'a prefix matches whole segments, with or without a slash at its end',
  [
    { targetGroup: 'api', path: '/api' },
    { targetGroup: 'web', path: '/web/' },
  ],
  [
    ['h/api', ['api']],
    ['h/api/', ['api']],
    ['h/api/x', ['api']],
    ['h/api//x', ['api']],
    ['h/apix', undefined],
    ['h/api.x', undefined],
    ['h/web', ['web']],
    ['h/web/', ['web']],
    ['h/webs', undefined],
  ],
);

rows(
  'escapes of unreserved characters count as the characters, and %2F is no slash',
  [
    { targetGroup: 'api', path: '/%61pi' },
    { targetGroup: 'slash', path: '/x%2fy', pathMatch: 'exact' },
  ],
  [
    ['h/api', ['api']],
    ['h/%61%70%69/x', ['api']],
    ['h/api%2Fx', undefined],
    ['h/x%2Fy', ['slash']],
    ['h/x/y', undefined],
    ['h/%2561pi', undefined],
  ],
);

rows(
  'the host decides before the path, and the next host is tried if no rule of one host matches the path',
  [
    { targetGroup: 'exact', host: 'a.example.com', path: '/only' },
    { targetGroup: 'wild', host: '*.example.com', path: '/api' },
    { targetGroup: 'any', path: '/api/long/path' },
  ],
  [
    ['a.example.com/only', ['exact']],
    ['a.example.com/api/long/path', ['wild']],
    ['b.example.com/api/long/path', ['wild']],
    ['b.example.org/api/long/path', ['any']],
    ['a.example.com/other', undefined],
  ],
);

rows(
  'a whole path is compared, however long it is and however much of it is escaped',
  [
    { targetGroup: 'exact', path: '/ab', pathMatch: 'exact' },
    { targetGroup: 'prefix', path: '/%61' },
  ],
  [
    ['h/%61%62', ['exact']],
    ['h/%61%62%63', undefined],
    ['h/ab%20', undefined],
    [`h/ab${'c'.repeat(100)}`, undefined],
    [`h/%61/${'%61'.repeat(100)}`, ['prefix']],
    [`h/%61${'%61'.repeat(100)}`, undefined],
  ],
);

test('a request target that is no path matches only rules without a path', () => {
  const router = routerOf([
    { targetGroup: 'root', host: 'h', path: '/' },
    { targetGroup: 'any', path: '/' },
    { targetGroup: 'wild', host: '*.h' },
  ]);
  assert.equal(router.targetGroupsFor('h', '*'), undefined);
  assert.deepEqual(router.targetGroupsFor('a.h', '*'), ['wild']);
});

test('the newest of equal rules is first, whatever their order', () => {
  const rules = [
    { targetGroup: 'old', host: 'h', path: '/a', version: 3 },
    { targetGroup: 'newest', host: 'H', path: '/a/', version: 10 },
    { targetGroup: 'oldest', host: 'h.', path: '/%61', version: 1 },
  ];
  for (const given of [rules, rules.toReversed()])
    assert.deepEqual(routerOf(given).targetGroupsFor('h', '/a'), ['newest', 'old', 'oldest']);
});

test('a rule whose target group has not begun is skipped, for rules of the same host and then of others', () => {
  const rules = [
    { targetGroup: 'exact', host: 'h', path: '/a', pathMatch: 'exact' as const },
    { targetGroup: 'long', host: 'h', path: '/a', version: 2 },
    { targetGroup: 'equal', host: 'h', path: '/a/', version: 1 },
    { targetGroup: 'none', host: 'h' },
    { targetGroup: 'any', path: '/a' },
  ];
  const waiting = new Set<string>();
  const router = routerOf(rules, waiting);
  const found: unknown[] = [];
  for (const targetGroup of ['', 'exact', 'long', 'equal', 'none', 'any']) {
    waiting.add(targetGroup);
    found.push(router.targetGroupsFor('h', '/a'));
  }
  assert.deepEqual(found, [['exact'], ['long', 'equal'], ['long', 'equal'], ['none'], ['any'], undefined]);
});

test('hosts and paths may have the names of properties that every object has', () => {
  assert.equal(
    routerOf([{ targetGroup: 'a', host: 'h', path: '/a' }]).targetGroupsFor('constructor', '/__proto__'),
    undefined,
  );
  assert.deepEqual(routerOf([{ targetGroup: 'a', host: '__proto__' }]).targetGroupsFor('__proto__', '/'), ['a']);
});

/**
 * Returns the rank of a rule for a request, computed from the words of the documentation. Returns `undefined` if the
 * rule does not match the request.
 */
function scoreOf(rule: Rule, host: string, path: string): readonly number[] | undefined {
  const { host: ofRule, path: wanted, pathMatch = 'prefix' } = rule;
  const hostScore = ofRule === undefined ? 0 : hostScoreOf(ofRule.toLowerCase(), host);
  const prefix = wanted?.replace(/\/$/, '');
  let pathScore: number | undefined;
  if (wanted === undefined) pathScore = 0;
  else if (pathMatch === 'exact') pathScore = path === wanted ? Number.POSITIVE_INFINITY : undefined;
  else if (`${path}/`.startsWith(`${prefix}/`)) pathScore = 1 + (prefix as string).length;
  return hostScore === undefined || pathScore === undefined ? undefined : [hostScore, pathScore, rule.version ?? 1];
}

function hostScoreOf(ofRule: string, host: string): number | undefined {
  if (ofRule.startsWith('*.'))
    return new RegExp(`^.+\\.${escaped(ofRule.slice(2))}$`).test(host) ? ofRule.length : undefined;
  return ofRule === host ? Number.POSITIVE_INFINITY : undefined;
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}

function reference(rules: readonly Rule[], host: string, path: string): string[] | undefined {
  const scored = rules.flatMap((rule) => {
    const score = scoreOf(rule, host, path);
    return score === undefined ? [] : [{ targetGroup: rule.targetGroup, score }];
  });
  scored.sort((a, b) => {
    const index = a.score.findIndex((part, at) => part !== b.score[at]);
    return index === -1 ? 0 : (b.score[index] as number) - (a.score[index] as number);
  });
  const best = scored[0]?.score;
  const isBest = ({ score }: { score: readonly number[] }) => score[0] === best?.[0] && score[1] === best?.[1];
  return best && scored.filter(isBest).map(({ targetGroup }) => targetGroup);
}

test('the router agrees with a plain search of all rules', () => {
  const name = fc.array(fc.constantFrom('a', 'b', 'example', 'com'), { minLength: 1, maxLength: 4 });
  const host = name.map((labels) => labels.join('.'));
  const ruleHost = fc.option(
    fc.oneof(
      host,
      host.map((suffix) => `*.${suffix}`),
    ),
    { nil: undefined },
  );
  const path = fc.array(fc.constantFrom('a', 'b', 'ab', '')).map((segments) => `/${segments.join('/')}`);
  const rule = fc.record({
    host: ruleHost,
    path: fc.option(path, { nil: undefined }),
    pathMatch: fc.constantFrom('prefix' as const, 'exact' as const),
  });
  assertHolds(
    fc.property(fc.array(rule, { maxLength: 12 }), host, path, (made, asked, target) => {
      const rules = made.map((each, index) => ({ ...each, targetGroup: `rule ${index}`, version: index }));
      assert.deepEqual(routerOf(rules).targetGroupsFor(asked, target), reference(rules, asked, target));
    }),
    { numRuns: 2_000 },
  );
});
