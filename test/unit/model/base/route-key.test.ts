// The forms in which hosts and paths are compared, and the rules that are equal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hostKey, pathKey, prefixKey, type RouteMatch, routeKey } from '../../../../provider/model/base/route-key.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';

test('case and one final dot of a host make no difference', () => {
  assert.equal(hostKey('WWW.Example.COM.'), 'www.example.com');
  assert.equal(hostKey('*.Example.com'), '*.example.com');
  assert.equal(hostKey('example.com..'), 'example.com.');
});

const PATHS: [path: string, key: string][] = [
  ['/Api', '/Api'],
  ['/%61p%69', '/api'],
  ['/%7e%7E', '/~~'],
  ['/a%2fb', '/a%2Fb'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/%2561', '/%2561'],
  ['/100%', '/100%'],
  ['/%zz%6', '/%zz%6'],
];

for (const [path, key] of PATHS) {
  test(`${path} is compared as ${key}`, () => assert.equal(pathKey(path), key));
}

test('the compared form of a path is compared as itself', () => {
  const piece = fc.constantFrom('/', '%2F', '%2f', '%61', '%25', '%7e', '61', 'a', '~');
  assertHolds(
    fc.property(fc.array(piece), (pieces) => {
      const once = pathKey(`/${pieces.join('')}`);
      assert.equal(pathKey(once), once);
    }),
  );
});

const EQUAL: [Partial<RouteMatch>, Partial<RouteMatch>][] = [
  [{ host: 'A.example.' }, { host: 'a.EXAMPLE' }],
  [{ path: '/api' }, { path: '/api/' }],
  [{ path: '/%61pi' }, { path: '/api' }],
  [{ host: 'a' }, { host: 'a', pathMatch: 'exact' }],
];
const DIFFERENT: [Partial<RouteMatch>, Partial<RouteMatch>][] = [
  [{ host: 'a' }, { host: '*.a' }],
  [{ path: '/api' }, { path: '/api', pathMatch: 'exact' }],
  [
    { path: '/api', pathMatch: 'exact' },
    { path: '/api/', pathMatch: 'exact' },
  ],
  [{ path: '/api' }, { path: '/API' }],
  [{ path: '/a%2Fb' }, { path: '/a/b' }],
  [{ path: '/' }, { host: 'a' }],
  [{ host: 'a' }, { host: 'a', path: '/' }],
];

const key = (route: Partial<RouteMatch>) => routeKey({ pathMatch: 'prefix', ...route });

for (const [a, b] of EQUAL) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} are equal`, () => assert.equal(key(a), key(b)));
}
for (const [a, b] of DIFFERENT) {
  test(`${JSON.stringify(a)} and ${JSON.stringify(b)} are different`, () => assert.notEqual(key(a), key(b)));
}

test('a prefix loses the slash at its end, which leaves nothing of "/"', () => {
  assert.deepEqual(['/a/', '/a', '/', '/a/b/'].map(prefixKey), ['/a', '/a', '', '/a/b']);
});
