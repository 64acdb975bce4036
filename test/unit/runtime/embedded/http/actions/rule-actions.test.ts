// The actions of rules on heads: any request makes a Location that is one line and one URL, and edits are exact.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { problemsOf } from '../../../../../../provider/model/objects/validate.ts';
import type { RedirectSnapshot } from '../../../../../../provider/runtime/contract/rule-actions.ts';
import { FieldEdits } from '../../../../../../provider/runtime/embedded/http/actions/field-edits.ts';
import { Redirect } from '../../../../../../provider/runtime/embedded/http/actions/redirect.ts';
import { isRuleResponse } from '../../../../../../provider/runtime/embedded/http/actions/rule-response.ts';
import { rewrittenTarget } from '../../../../../../provider/runtime/embedded/http/actions/target-rewrite.ts';
import { Request, readRequest } from '../../../../../../provider/runtime/embedded/http/message/request.ts';
import { forwardedLines } from '../../../../../../provider/runtime/embedded/http/message/rewrite.ts';
import { assertHolds } from '../../../../../harness/properties/properties.ts';

const FORWARDED = forwardedLines('192.0.2.1', 'http', 8080);

/** Reads a head as the data plane does. Returns `undefined` if the head is not accepted. */
function requestOf(head: string): Request | undefined {
  const request = new Request();
  const bytes = Buffer.from(head, 'latin1');
  return readRequest(bytes, 0, bytes.length, FORWARDED, 'default:1', request) === undefined ? request : undefined;
}

const piece = fc.constantFrom('{host}', '{path}', '{query}', '{port}', '/', 'a', '%0d', '&', '=');
const template = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(''));
const redirect = fc.record(
  {
    protocol: fc.constantFrom('HTTP', 'HTTPS'),
    host: fc.constantFrom('{host}', 'www.{host}', 'b.example'),
    port: fc.constantFrom(80, 443, 8080, '{port}'),
    path: template.map((text) => `/${text}`),
    query: template,
  },
  { requiredKeys: [] },
);
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) });
const host = fc.oneof(fc.constantFrom('a', 'A.', 'a:80', 'a:443', 'a:', '[::1]:8080', '192.0.2.1'), visible);

test('whatever a request has, the Location is one line with a URL, and another one than that of the request', () => {
  assertHolds(
    fc.property(redirect, host, visible, (parts, authority, rest) => {
      // What a preview refuses never comes to the data plane.
      const isValid = problemsOf('rules', { listenerId: 'web', path: '/', redirect: parts }).length === 0;
      const request = requestOf(`GET /${rest} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      if (!isValid || request === undefined) return;
      const { protocol, ...others } = parts as { protocol?: string };
      const scheme = protocol === undefined ? undefined : protocol === 'HTTPS' ? 'https' : 'http';
      const all = { host: undefined, port: undefined, path: undefined, query: undefined, ...others };
      const snapshot = { type: 'redirect', status: 301, ...all, protocol: scheme } as RedirectSnapshot;
      const response = new Redirect(snapshot).respondTo(request);
      if (!isRuleResponse(response)) {
        assert.ok([400, 508].includes(response.status));
        return;
      }
      const [, location = ''] = /^Location: (https?:\/\/[\x21-\x7e]+)\r\n$/.exec(response.lines) ?? [];
      const requested = `http://${authority.replace(/:(80)?$/, '')}${request.target}`;
      assert.notEqual(location, '', JSON.stringify(response.lines));
      assert.notEqual(location, requested);
      assert.doesNotMatch(location, /["<>\\^`]/);
    }),
    { numRuns: 3000 },
  );
});

test('edits drop every spelling of a name, and no other line', () => {
  const edits = new FieldEdits({ set: { 'X-User': 'set' }, add: { 'X-User': 'added' }, remove: ['Cookie', 'a.b'] });
  const lines = [
    ...['X-User: 1', 'x_user: 2', 'X.USER:', 'X-User-Id: kept', 'AX-User: kept', 'X-Use: kept'],
    ...['cookie: X-User: 3', 'Note: Cookie: kept', 'A-B: 4', 'AB: kept', 'a~b: \x85 5'],
  ];
  const text = (all: readonly string[]) => all.map((line) => `${line}\r\n`).join('');
  const kept = lines.filter((line) => /kept/.test(line));
  const expected = text(['HTTP/1.1 200 OK', ...kept, 'X-User: set', 'X-User: added']);
  assert.equal(edits.apply(text(['HTTP/1.1 200 OK', ...lines])), expected);
  assert.equal(new FieldEdits({ set: {}, add: {}, remove: [] }).apply(text(lines)), text(lines));
});

test('of several paths of a rule, the longest one that matched is replaced', () => {
  const matched = [
    { path: '/a', pathMatch: 'prefix' },
    { path: '/a/b', pathMatch: 'prefix' },
    { path: '/a/b/c', pathMatch: 'exact' },
  ] as const;
  for (const [target, expected] of [
    ['/a/x', '/z/x'],
    ['/a/b/x', '/z/x'],
    ['/a/%62/c', '/z'],
    ['/a/b/c/?q', '/z/c/?q'],
    ['/ab', '/ab'],
    ['*', '*'],
  ] as const) {
    assert.equal(rewrittenTarget(target, '/z', matched), expected, target);
  }
});
