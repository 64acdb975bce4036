// The line about changed secrets: it names their paths and shows no values.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsLine } from '../../../provider/messages/secrets-line.ts';

const listener = (main: string, cookieKey: string, more: object = {}) => ({
  port: 443,
  certificates: { main: { certificate: 'c', privateKey: main }, ...more },
  stickySession: { type: 'cookie', cookieKey },
});

test('each secret that changes is named by its path', () => {
  const line = secretsLine('listeners', 'web', listener('k1', 'c1'), listener('k2', 'c2'));
  assert.equal(line, 'web: secret changes: certificates.main.privateKey, stickySession.cookieKey');
  const rule = (cookieKey: string) => ({ stickySession: { type: 'cookie', cookieKey } });
  assert.equal(secretsLine('rules', 'api', rule('c1'), rule('c2')), 'api: secret changes: stickySession.cookieKey');
});

test('secrets that are equal, added or removed print no line', () => {
  const more = { 'www.example.com': { certificate: 'd', privateKey: 'k3' } };
  assert.equal(secretsLine('listeners', 'web', listener('k1', 'c1'), listener('k1', 'c1')), undefined);
  assert.equal(secretsLine('listeners', 'web', listener('k1', 'c1'), listener('k1', 'c1', more)), undefined);
  assert.equal(secretsLine('listeners', 'web', listener('k1', 'c1', more), listener('k1', 'c1')), undefined);
});
