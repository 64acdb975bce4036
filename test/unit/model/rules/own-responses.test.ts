// Rules that respond themselves beside other objects: attachments to them, and redirects that plainly lead in a circle.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKnown, UNKNOWN } from '../../../../provider/model/base/unknown.ts';
import type { Lookup } from '../../../../provider/model/rules/lookup.ts';
import { circleProblems, ownResponseProblems } from '../../../../provider/model/rules/own-responses.ts';

/** A model with the given objects by id. */
function lookupOf(objects: Readonly<Record<string, object>>): Lookup {
  return { get: (_kind, id) => objects[String(id)] as never, isKnown, hasExpired: () => false };
}

test('an attachment to a rule that responds itself is refused, and one to another rule, or to an unknown one, is not', () => {
  const lookup = lookupOf({
    plain: { path: '/' },
    moved: { redirect: { path: '/x' } },
    fixed: { fixedResponse: { status: 404 } },
    open: { redirect: UNKNOWN },
  });
  const problems = (parent: object) => ownResponseProblems(lookup, parent);
  for (const parent of [{ ruleId: 'plain' }, { ruleId: 'open' }, { ruleId: 'no' }, { listenerId: 'moved' }, {}])
    assert.deepEqual(problems(parent), []);
  for (const [ruleId, name] of [
    ['moved', 'redirect'],
    ['fixed', 'fixedResponse'],
  ] as const) {
    assert.deepEqual(problems({ ruleId }), [
      {
        path: 'ruleId',
        message: `names a rule that has a ${name}, and so takes no targets: leave one of the two out`,
        code: 'OperationFailed.ActionNotSupport',
      },
    ]);
  }
});

type Row = [rule: object, isCircle: boolean];

const EXACT = { path: '/a', pathMatch: 'exact' };
const ROWS: readonly Row[] = [
  [{ path: '/', redirect: {} }, true],
  [{ path: '/', redirect: { host: '{host}', port: '{port}', path: '{path}', query: '{query}' } }, true],
  [{ path: '/', redirect: { protocol: 'HTTP', port: 8080 } }, true],
  [{ path: '/', redirect: { protocol: 'HTTPS' } }, false],
  [{ path: '/', redirect: { port: 8081 } }, false],
  [{ path: '/', redirect: { protocol: UNKNOWN } }, false],
  [{ path: '/', redirect: { port: UNKNOWN } }, false],
  [{ ...EXACT, redirect: { path: '/%61' } }, true],
  [{ ...EXACT, redirect: { path: '/a/' } }, false],
  [{ ...EXACT, redirect: { path: '/a', query: '' } }, false],
  // A narrower rule may take the requests for this path.
  [{ path: '/a', pathMatch: 'prefix', redirect: { path: '/a' } }, false],
  [{ host: 'A.example', redirect: { host: 'a.example.' } }, true],
  [{ host: '*.example', redirect: { host: 'a.example' } }, false],
  [{ path: '/', redirect: { host: 'a.example' } }, false],
  [{ path: '/', rewrite: { path: '/x' } }, false],
  [{ path: '/', redirect: UNKNOWN }, false],
];

for (const [rule, isCircle] of ROWS) {
  test(`${JSON.stringify(rule)} ${isCircle ? 'leads' : 'does not plainly lead'} to the URL that was requested`, () => {
    const lookup = lookupOf({ web: { protocol: 'HTTP', port: 8080 } });
    const problems = circleProblems(lookup, { listenerId: 'web', ...rule });
    assert.deepEqual(
      problems.map(({ path }) => path),
      isCircle ? ['redirect'] : [],
    );
  });
}
