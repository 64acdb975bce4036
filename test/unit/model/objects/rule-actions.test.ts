// The actions of a forwarding rule: their forms, what excludes what, and the header fields that no rule may edit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABOUT_CLIENT_NAMES } from '../../../../provider/model/base/about-client-names.ts';
import { isKnown, UNKNOWN } from '../../../../provider/model/base/unknown.ts';
import { untouchedReason } from '../../../../provider/model/objects/header-edits.ts';
import { problemsOf } from '../../../../provider/model/objects/validate.ts';
import { knownName } from '../../../../provider/runtime/embedded/http/message/field-names.ts';

type Row = [input: object, problems: string[]];

const ONE_ACTION = 'at most one of redirect, fixedResponse, rewrite may be given';
const NOT_PLACEHOLDER = (text: string) => `has ${text}, and its placeholders are {host}, {path}, {query}, {port}`;
const PATH_FORM = 'must begin with "/" and have no spaces, no "?" and no "#"';

const ROWS: readonly Row[] = [
  [{ redirect: { protocol: 'HTTPS' } }, []],
  [
    {
      redirect: { host: 'www.{host}', port: '{port}', path: '/a{path}', query: '{query}&x={host}', status: 308 },
      responseHeaders: { set: { Vary: 'Host' } },
    },
    [],
  ],
  [{ redirect: { host: '[::1]', port: 8443, path: '{path}/x', query: '' } }, []],
  [{ redirect: { protocol: 'https' } }, ['redirect.protocol must be "HTTP" or "HTTPS"']],
  [{ redirect: { host: '*.a.example' } }, ['redirect.host must be a host name without port']],
  [{ redirect: { host: '{path}.a' } }, ['redirect.host has "{path}", and its placeholders are {host}, {port}']],
  [{ redirect: { path: 'new' } }, [`redirect.path ${PATH_FORM}`]],
  [{ redirect: { path: '{query}' } }, [`redirect.path ${PATH_FORM}`]],
  [{ redirect: { path: '/a?b' } }, [`redirect.path ${PATH_FORM}`]],
  [{ redirect: { path: '/a\r\nX: y' } }, [`redirect.path ${PATH_FORM}`]],
  [{ redirect: { path: '/#{path}' } }, [`redirect.path ${PATH_FORM}`]],
  [{ redirect: { path: '/{url}' } }, [`redirect.path ${NOT_PLACEHOLDER('"{url}"')}`]],
  [{ redirect: { path: '/{' } }, [`redirect.path ${NOT_PLACEHOLDER('"{"')}`]],
  [{ redirect: { path: '{path}{path}' } }, ['redirect.path has {path} more than once']],
  [{ redirect: { query: '?a' } }, ['redirect.query must have no spaces and no "#", and not begin with "?"']],
  [{ redirect: { port: 0 } }, ['redirect.port must be from 1 to 65535']],
  [{ redirect: { port: '80' } }, ['redirect.port must be a whole number from 1 to 65535, or "{port}"']],
  [{ redirect: { status: 300 } }, ['redirect.status must be 301, 302, 303, 307 or 308']],
  [{ redirect: { to: '/x' } }, ['redirect.to is not a property']],
  [{ fixedResponse: { status: 200, contentType: 'text/html; charset="utf-8"', body: 'x'.repeat(4096) } }, []],
  [{ fixedResponse: {} }, ['fixedResponse.status is required: must be a whole number from 200 to 599']],
  [{ fixedResponse: { status: 101 } }, ['fixedResponse.status must be from 200 to 599']],
  [{ fixedResponse: { status: 200, body: 'ü'.repeat(2049) } }, ['fixedResponse.body must have at most 4096 bytes']],
  [
    { fixedResponse: { status: 200, contentType: 'text/html\r\nX: y', body: 'x' } },
    ['fixedResponse.contentType must be a media type such as "text/html; charset=utf-8"'],
  ],
  [
    { fixedResponse: { status: 200, contentType: 'a/b' } },
    ['fixedResponse.contentType is given, and there is no body'],
  ],
  [
    { fixedResponse: { status: 304, body: '' } },
    ['fixedResponse.body is given, and a response with status 304 has none'],
  ],
  [{ rewrite: { host: 'a.example:8080', path: '/' } }, []],
  [{ rewrite: {} }, ['rewrite.path is required if there is no host']],
  [{ rewrite: { host: 'a:0' } }, ['rewrite.host must be a host name, or an address, with or without port']],
  [{ rewrite: { host: '*.a' } }, ['rewrite.host must be a host name, or an address, with or without port']],
  [
    { path: undefined, host: 'a', rewrite: { path: '/x' } },
    ['rewrite.path takes the place of the path that the rule matches, and it has none'],
  ],
  [
    { rewrite: { path: '/a/../b' } },
    ['rewrite.path must not have dot segments: paths of requests have none when they are matched'],
  ],
  [
    { redirect: { path: '/x' }, fixedResponse: { status: 404 }, rewrite: { path: '/y' } },
    [`fixedResponse is given beside redirect: ${ONE_ACTION}`, `rewrite is given beside redirect: ${ONE_ACTION}`],
  ],
  [
    { redirect: { path: '/x' }, requestHeaders: { remove: ['Cookie'] } },
    ['requestHeaders is for requests to targets, and the rule has a redirect'],
  ],
  [{ redirect: { path: '/x' }, fixedResponse: UNKNOWN, rewrite: UNKNOWN }, []],
  [{ requestHeaders: { set: { 'X-A': UNKNOWN }, add: { 'X-B': '' }, remove: UNKNOWN } }, []],
  [
    { requestHeaders: { set: { 'X A': 'a' } } },
    ['requestHeaders.set["X A"] must be the name of a header: letters, digits and "-"'],
  ],
  [
    { responseHeaders: { add: { 'X-A': ' a' } } },
    ['responseHeaders.add.X-A must have ASCII characters only, no control characters, and no spaces at its ends'],
  ],
  [
    { responseHeaders: { set: { 'X-A': 'a' }, add: { 'x-a': 'b' }, remove: ['X_A'] } },
    [
      'responseHeaders.add.x-a edits the same header as set.X-A',
      'responseHeaders.remove[0] edits the same header as set.X-A',
    ],
  ],
  [
    { responseHeaders: { set: { A: 'a'.repeat(4096), B: 'b'.repeat(4095) } } },
    ['responseHeaders.set and add and remove must have at most 8192 characters together'],
  ],
  [
    { requestHeaders: { remove: Array.from({ length: 33 }, (_, at) => `X-${at}`) } },
    ['requestHeaders.remove must have at most 32 names'],
  ],
];

for (const [input, expected] of ROWS) {
  test(`${JSON.stringify(input).slice(0, 120)}: ${expected.length === 0 ? 'is right' : expected.join('; ').slice(0, 120)}`, () => {
    const problems = problemsOf('rules', { listenerId: 'web', path: '/p', ...input }, isKnown);
    assert.deepEqual(
      problems.map(({ path, message }) => `${path} ${message}`),
      expected,
    );
  });
}

/** Fields that the runtime knows, and leaves as they are unless a rule edits them. */
const EDITABLE = ['authorization', 'www-authenticate', 'persistent-auth'];

test('no rule may edit a field that the runtime sets, drops or reads, in whatever spelling', () => {
  const names = [
    ...['host', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'proxy-connection', 'upgrade'],
    ...['trailer', 'te', 'expect', 'http2-settings', 'proxy-authenticate', 'proxy-authorization', 'x-forwarded-for'],
    ...['x-forwarded-proto', 'x-forwarded-port', 'forwarded', 'x-forwarded-host', 'x-real-ip', 'via', 'proxy'],
    ...Object.values(ABOUT_CLIENT_NAMES)
      .flat()
      .map((pattern) => pattern.replace('*', 'x')),
  ];
  for (const name of names) {
    assert.notEqual(knownName(Buffer.from(`${name}: `), 0, name.length), 0, name);
    for (const spelt of [name, name.toUpperCase(), name.replaceAll('-', '_')]) {
      assert.notEqual(untouchedReason(spelt), undefined, spelt);
    }
  }
  for (const name of [...EDITABLE, 'cookie', 'server', 'x-frame-options', 'x-request-id', 'hosts'])
    assert.equal(untouchedReason(name), undefined, name);
});
