// Which rule takes a request: the order of hosts and paths, and that the index agrees with a look at every rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type GroupRoute, Router } from '../../../../../../provider/runtime/embedded/http/routing/router.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';

type Rule = Omit<GroupRoute<string>, 'pathMatch' | 'version'> & { pathMatch?: 'prefix' | 'exact'; version?: number };

function routerOf(rules: readonly Rule[], notBegun: ReadonlySet<string> = new Set()): Router<string> {
  const routes = rules.map((rule): GroupRoute<string> => ({ pathMatch: 'prefix', version: 1, ...rule }));
  return new Router(routes, (group) => !notBegun.has(group));
}

/** `host/path`, with `http://` left out. */
type Row = [request: string, groups: string[] | undefined];

function rows(name: string, rules: readonly Rule[], expected: readonly Row[]): void {
  test(name, () => {
    const router = routerOf(rules);
    for (const [request, groups] of expected) {
      const pathAt = request.indexOf('/');
      assert.deepEqual(router.groupsFor(request.slice(0, pathAt), request.slice(pathAt)), groups, request);
    }
  });
}

rows(
  'the exact host is before wildcards, the longer of which is first, and before rules without host',
  [
    { group: 'any', path: '/' },
    { group: 'short', host: '*.example.com' },
    { group: 'long', host: '*.b.example.com' },
    { group: 'exact', host: 'a.b.example.com' },
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
  'case, port and final dot of a host make no difference',
  [
    { group: 'name', host: 'WWW.example.com.' },
    { group: 'six', host: '[::1]' },
    { group: 'wild', host: '*.Example.org' },
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
  'the exact path is before prefixes, the longer of which is first, and before the rule without path',
  [
    { group: 'none', host: 'h' },
    { group: 'root', host: 'h', path: '/' },
    { group: 'a', host: 'h', path: '/a' },
    { group: 'ab', host: 'h', path: '/a/b/' },
    { group: 'exact', host: 'h', path: '/a/b', pathMatch: 'exact' },
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
  'a prefix takes whole segments, with or without a slash at its end',
  [
    { group: 'api', path: '/api' },
    { group: 'web', path: '/web/' },
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
    { group: 'api', path: '/%61pi' },
    { group: 'slash', path: '/x%2fy', pathMatch: 'exact' },
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
  'the host decides before the path, and where none of its rules takes the path the next host is asked',
  [
    { group: 'exact', host: 'a.example.com', path: '/only' },
    { group: 'wild', host: '*.example.com', path: '/api' },
    { group: 'any', path: '/api/long/path' },
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
  'a path is compared whole, however long it is and however much of it is escaped',
  [
    { group: 'exact', path: '/ab', pathMatch: 'exact' },
    { group: 'prefix', path: '/%61' },
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

test('a target that is no path is taken by rules without path only', () => {
  const router = routerOf([
    { group: 'root', host: 'h', path: '/' },
    { group: 'any', path: '/' },
    { group: 'wild', host: '*.h' },
  ]);
  assert.equal(router.groupsFor('h', '*'), undefined);
  assert.deepEqual(router.groupsFor('a.h', '*'), ['wild']);
});

test('of equal rules the newest is first, in whatever order they come', () => {
  const rules = [
    { group: 'old', host: 'h', path: '/a', version: 3 },
    { group: 'newest', host: 'H', path: '/a/', version: 10 },
    { group: 'oldest', host: 'h.', path: '/%61', version: 1 },
  ];
  for (const given of [rules, rules.toReversed()])
    assert.deepEqual(routerOf(given).groupsFor('h', '/a'), ['newest', 'old', 'oldest']);
});

test('a rule whose group has not begun is not there: the next one is asked, of its host and then of others', () => {
  const rules = [
    { group: 'exact', host: 'h', path: '/a', pathMatch: 'exact' as const },
    { group: 'long', host: 'h', path: '/a', version: 2 },
    { group: 'equal', host: 'h', path: '/a/', version: 1 },
    { group: 'none', host: 'h' },
    { group: 'any', path: '/a' },
  ];
  const waiting = new Set<string>();
  const router = routerOf(rules, waiting);
  const found: unknown[] = [];
  for (const group of ['', 'exact', 'long', 'equal', 'none', 'any']) {
    waiting.add(group);
    found.push(router.groupsFor('h', '/a'));
  }
  assert.deepEqual(found, [['exact'], ['long', 'equal'], ['long', 'equal'], ['none'], ['any'], undefined]);
});

test('names that every object has are names of hosts and paths like others', () => {
  assert.equal(routerOf([{ group: 'a', host: 'h', path: '/a' }]).groupsFor('constructor', '/__proto__'), undefined);
  assert.deepEqual(routerOf([{ group: 'a', host: '__proto__' }]).groupsFor('__proto__', '/'), ['a']);
});

/** By the words of the documentation, one rule at a time: undefined where the rule does not take the request. */
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
    return score === undefined ? [] : [{ group: rule.group, score }];
  });
  scored.sort((a, b) => {
    const index = a.score.findIndex((part, at) => part !== b.score[at]);
    return index === -1 ? 0 : (b.score[index] as number) - (a.score[index] as number);
  });
  const best = scored[0]?.score;
  const isBest = ({ score }: { score: readonly number[] }) => score[0] === best?.[0] && score[1] === best?.[1];
  return best && scored.filter(isBest).map(({ group }) => group);
}

test('the router answers as a look at every rule does', () => {
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
      const rules = made.map((each, index) => ({ ...each, group: `rule ${index}`, version: index }));
      assert.deepEqual(routerOf(rules).groupsFor(asked, target), reference(rules, asked, target));
    }),
    { numRuns: 2_000 },
  );
});
