// The secret properties of each kind of object, and the text that replaces a secret.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asFingerprint,
  fingerprint,
  replaceSecrets,
  replaceStateSecrets,
  withSecretsOf,
} from '../../../../provider/model/base/secrets.ts';

test('each private key and each cookie key is replaced, and the rest stays', () => {
  const properties = {
    port: 443,
    certificates: { web: { certificate: 'c', privateKey: 'k1' }, api: { certificate: 'd', privateKey: 'k2' } },
    stickySession: { type: 'cookie', cookieKey: 'k3' },
  };
  const paths: string[] = [];
  const shown = replaceSecrets('listeners', properties as object, (name, value, path) => {
    paths.push(path.join('.'));
    return asFingerprint(name, value, path);
  });
  assert.deepEqual(paths, ['certificates.web.privateKey', 'certificates.api.privateKey', 'stickySession.cookieKey']);
  assert.deepEqual(shown, {
    port: 443,
    certificates: {
      web: { certificate: 'c', privateKeyFingerprint: fingerprint('k1') },
      api: { certificate: 'd', privateKeyFingerprint: fingerprint('k2') },
    },
    stickySession: { type: 'cookie', cookieKeyFingerprint: fingerprint('k3') },
  });
  assert.equal(properties.certificates.web.privateKey, 'k1');
});

test('a key that the runtime made is a secret, too', () => {
  assert.deepEqual(
    replaceStateSecrets({ cookieKey: 'k', vip: '127.0.0.1' } as object, (name) => [name, 'hidden']),
    { cookieKey: 'hidden', vip: '127.0.0.1' },
  );
});

test('an object without secrets is returned as the same object', () => {
  const replace = () => assert.fail('there is nothing to replace');
  for (const properties of [{ port: 80 }, { certificates: undefined, stickySession: { type: 'source-ip' } }]) {
    assert.equal(replaceSecrets('listeners', properties as object, replace), properties);
  }
  const targets = { targets: { privateKey: { cookieKey: 'x' } } };
  assert.equal(replaceSecrets('attachments', targets, replace), targets);
});

test('equal secrets have equal fingerprints, and different secrets have different ones', () => {
  assert.match(fingerprint('a'), /^sha256:[0-9a-f]{64}$/);
  assert.equal(fingerprint('a'), fingerprint('a'));
  assert.notEqual(fingerprint('a'), fingerprint('b'));
});

test('secrets take the place of their own fingerprints, and of no others', () => {
  const known = {
    certificates: { web: { privateKey: 'k1' }, api: { privateKey: 'k2' } },
    stickySession: { cookieKey: 'k3' },
  };
  const responded = {
    certificates: {
      web: { certificate: 'c', privateKeyFingerprint: fingerprint('k1') },
      api: { certificate: 'd', privateKeyFingerprint: fingerprint('another') },
      toString: { certificate: 'e', privateKeyFingerprint: fingerprint('k1') },
    },
    stickySession: { type: 'cookie', cookieKeyFingerprint: fingerprint('k3') },
  };
  assert.deepEqual(withSecretsOf('listeners', responded as object, known), {
    certificates: {
      web: { certificate: 'c', privateKey: 'k1' },
      api: { certificate: 'd', privateKey: fingerprint('another') },
      toString: { certificate: 'e', privateKey: fingerprint('k1') },
    },
    stickySession: { type: 'cookie', cookieKey: 'k3' },
  });
  assert.deepEqual(withSecretsOf('listeners', { stickySession: { type: 'cookie' } } as object, known), {
    stickySession: { type: 'cookie' },
  });
});

test('a private key has the same fingerprint with and without the line end of its file', () => {
  const [, expected] = asFingerprint('privateKey', 'PEM', []);
  assert.equal(asFingerprint('privateKey', 'PEM\n', [])[1], expected);
  const responded = { certificates: { web: { privateKeyFingerprint: expected } } };
  const known = { certificates: { web: { privateKey: 'PEM\n' } } };
  assert.deepEqual(withSecretsOf('listeners', responded as object, known), known);
  assert.notEqual(asFingerprint('cookieKey', 'key\n', [])[1], asFingerprint('cookieKey', 'key', [])[1]);
});
