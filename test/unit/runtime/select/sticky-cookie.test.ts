// Sticky sessions by cookie: the cookie's values, and how they are found in a request's head.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cookieValues, firstValue, StickyCookie } from '../../../../provider/runtime/select/sticky-cookie.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { requestOf, stickyTarget } from '../../../harness/select/sticky-targets.ts';

const KEY = 'a key of the group';
const SETTINGS = {
  cookieName: 'weir',
  cookieKey: KEY,
  lifetimeMs: undefined,
  sameSite: 'Lax',
  domain: undefined,
} as const;

function stickyOf(targets: readonly ReturnType<typeof stickyTarget>[], settings: object = {}, targetGroupId = 'web') {
  const sticky = new StickyCookie(targetGroupId, { ...SETTINGS, ...settings });
  for (const target of targets) sticky.add(target);
  return sticky;
}

/** The Cookie line that a browser sends back. */
function pairOf(setCookie: string | undefined): string {
  return setCookie?.split(';')[0] ?? '';
}

const tokenArbitrary = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
const valueArbitrary = fc.stringMatching(/^[A-Za-z0-9_-]{1,30}$/);

test('a value depends on the cookie key, the target group and the target', () => {
  const text = fc.string({ maxLength: 20 }).filter((value) => !value.includes('\0'));
  assertHolds(
    fc.property(fc.tuple(text, text, text), fc.tuple(text, text, text), (a, b) => {
      const isSame = a.every((part, index) => part === b[index]);
      const [valueOfA, valueOfB] = [a, b].map(([key, targetGroup, target]) => cookieValues(key, targetGroup)(target));
      assert.equal(valueOfA === valueOfB, isSame);
      assert.match(valueOfA ?? '', /^[A-Za-z0-9_-]{22}$/);
    }),
  );
});

test('the cookie leads a client back to its target in another worker and after a restart', () => {
  assertHolds(
    fc.property(fc.integer({ min: 1, max: 50 }), tokenArbitrary, fc.nat(), (count, cookieName, any) => {
      const targets = Array.from({ length: count }, (_, index) => stickyTarget(index + 1));
      const target = targets[any % count] as (typeof targets)[0];
      const client = requestOf();
      assert.equal(stickyOf(targets, { cookieName }).keep(client, target), target);
      const other = stickyOf(targets.toReversed(), { cookieName });
      assert.equal(other.find(requestOf(`Cookie: ${pairOf(client.setCookie)}`)), target);
    }),
  );
});

test('Set-Cookie is for the browser session, or for whole seconds if a lifetime is set', () => {
  const target = stickyTarget(1);
  const value = cookieValues(KEY, 'web')(target.key);
  for (const [lifetimeMs, end] of [
    [undefined, ''],
    [50, '; Max-Age=1'],
    [90_000, '; Max-Age=90'],
  ] as const) {
    const client = requestOf();
    stickyOf([target], { lifetimeMs }).keep(client, target);
    assert.equal(client.setCookie, `weir=${value}; Path=/; HttpOnly; SameSite=Lax${end}`);
  }
});

test('SameSite and Domain are those of the settings, and SameSite=None makes the cookie Secure', () => {
  const target = stickyTarget(1);
  for (const [settings, end] of [
    [{ sameSite: 'Strict' }, '; SameSite=Strict'],
    [{ domain: 'example.com', lifetimeMs: 1000 }, '; SameSite=Lax; Max-Age=1; Domain=example.com'],
    [{ sameSite: 'None', domain: '.example.com' }, '; SameSite=None; Domain=.example.com; Secure'],
  ] as const) {
    const client = requestOf();
    stickyOf([target], settings).keep(client, target);
    assert.equal(client.setCookie?.slice(client.setCookie.indexOf('; SameSite')), end);
  }
});

test('an altered value, a foreign value and the target key itself find no target', () => {
  const target = stickyTarget(1);
  const sticky = stickyOf([target]);
  const value = cookieValues(KEY, 'web')(target.key);
  const foreign = [cookieValues('the key of another', 'web')(target.key), cookieValues(KEY, 'api')(target.key)];
  for (const other of [...foreign, target.key, '', value.slice(1), `${value}A`, value.toLowerCase(), 'constructor']) {
    assert.equal(sticky.find(requestOf(`Cookie: weir=${other}`)), undefined, other);
  }
  assertHolds(
    fc.property(fc.nat(21), fc.constantFrom(...'AZaz09_-'), (at, character) => {
      const altered = value.slice(0, at) + character + value.slice(at + 1);
      assert.equal(sticky.find(requestOf(`Cookie: weir=${altered}`)), altered === value ? target : undefined);
    }),
  );
});

test('a target is found only while it is bound, takes new traffic and was not tried', () => {
  const target = stickyTarget(1);
  const sticky = stickyOf([target, stickyTarget(2)]);
  const client = requestOf(`Cookie: weir=${cookieValues(KEY, 'web')(target.key)}`);
  assert.equal(sticky.find(client, new Set()), target);
  assert.equal(sticky.find(client, new Set([target])), undefined);
  target.isPickable = false;
  assert.equal(sticky.find(client), undefined);
  target.isPickable = true;
  assert.equal(sticky.find(client), target);
  sticky.remove(target);
  assert.equal(sticky.find(client), undefined);
  // A target that is bound again has the same key, and therefore the same cookie value.
  const again = stickyTarget(3, target.key);
  sticky.add(again);
  assert.equal(sticky.find(client), again);
});

test('the first cookie whose target takes new traffic is used if several have the name', () => {
  const [a, b] = [stickyTarget(1), stickyTarget(2)];
  const sticky = stickyOf([a, b]);
  const [ofA, ofB] = [a, b].map(({ key }) => `weir=${cookieValues(KEY, 'web')(key)}`);
  for (const lines of [[`Cookie: weir=x; ${ofA}; ${ofB}`], ['Cookie: weir=x', `Cookie: ${ofA}`, `Cookie: ${ofB}`]]) {
    a.isPickable = true;
    assert.equal(sticky.find(requestOf(...lines)), a);
    a.isPickable = false;
    assert.equal(sticky.find(requestOf(...lines)), b);
  }
});

test('target groups that share a cookie name each find their own target in the cookie', () => {
  const targetGroups = ['web', 'rules/a', 'rules/b'].map((id) => {
    const targets = [stickyTarget(1), stickyTarget(2)] as const;
    return { targets, sticky: stickyOf(targets, {}, id) };
  });
  let cookie = 'weir=foreign';
  const keep = ({ sticky, targets }: (typeof targetGroups)[0], index: 0 | 1) => {
    const client = requestOf(`Cookie: ${cookie}`);
    sticky.keep(client, targets[index]);
    cookie = pairOf(client.setCookie);
  };
  for (const targetGroup of targetGroups) keep(targetGroup, 0);
  keep(targetGroups[1] as (typeof targetGroups)[0], 1);
  assert.match(cookie, /^weir=[\w-]{22}\.[\w-]{22}\.[\w-]{22}$/);
  assert.deepEqual(
    targetGroups.map(({ sticky }) => sticky.find(requestOf(`Cookie: ${cookie}`))?.number),
    [1, 2, 1],
  );
});

test('a shared cookie is bounded, and the value that was set first goes', () => {
  const target = stickyTarget(1);
  const targetGroups = Array.from({ length: 10 }, (_, index) => stickyOf([target], {}, `rules/${index}`));
  let cookie = '';
  for (const sticky of targetGroups) {
    const client = requestOf(`Cookie: ${cookie}`);
    sticky.keep(client, target);
    cookie = pairOf(client.setCookie);
  }
  const isFound = targetGroups.map((sticky) => sticky.find(requestOf(`Cookie: ${cookie}`)) !== undefined);
  assert.deepEqual(isFound, [false, false, ...Array.from({ length: 8 }, () => true)]);
});

for (const [what, lines, expected] of [
  ['alone', ['Cookie: weir=v'], ['v']],
  ['is found between other cookies', ['Cookie: a=1; weir=v; b=2'], ['v']],
  ['is found in a header of any case', ['cOOKIE: weir=v'], ['v']],
  ['is found without spaces', ['Cookie:a=1;weir=v;b'], ['v']],
  ['is found with extra spaces', ['Cookie: \t a = 1 ;  weir =  v  '], ['v']],
  ['is found in quotes', ['Cookie: weir="v"'], ['v']],
  ['keeps a single quote', ['Cookie: weir="v'], ['"v']],
  ['may be a single quote', ['Cookie: weir="'], ['"']],
  ['is found after malformed cookies', ['Cookie: ;;=;a;=b; "; weir=v;;'], ['v']],
  ['may contain = in its value', ['Cookie: weir=a=b=='], ['a=b==']],
  ['empty', ['Cookie: weir='], ['']],
  ['may contain several values', ['Cookie: weir=a.b..c'], ['a', 'b', '', 'c']],
  ['may occur several times', ['Cookie: weir=a; weir=b', 'X: y', 'Cookie: weir=c'], ['a', 'b', 'c']],
  ['nowhere', ['X-Cookie: weir=v', 'Cookie2: weir=v', 'X: Cookie: weir=v'], []],
  ['is not found under another name', ['Cookie: Weir=v; xweir=v; weirx=v; weir'], []],
] as const) {
  test(`the cookie ${what}`, () => {
    const seen: string[] = [];
    firstValue(requestOf(...lines).head ?? '', 'weir', (value) => void seen.push(value));
    assert.deepEqual(seen, expected);
  });
}

test('the cookie is found whatever surrounds it', () => {
  const other = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[\r\n;]/g, ''));
  assertHolds(
    fc.property(tokenArbitrary, valueArbitrary, fc.array(other), fc.array(other), (name, value, before, after) => {
      const cookies = [...before, `${name}=${value}`, ...after].join(';');
      const found = firstValue(requestOf(`Cookie: ${cookies}`).head ?? '', name, (one) => {
        return one === value ? true : undefined;
      });
      assert.equal(found, true);
    }),
  );
});
