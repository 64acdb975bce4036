// The names of certificates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedCertificates } from '../../../../provider/model/base/x509.ts';
import { makePair, type Pair } from '../../../harness/machine/certificates.ts';

const pair = makePair(['a.example', '*.b.example'], { commonName: 'not-a.example' });

/** The names by which a certificate is served, and the kind of its key. */
function told(pair: Pair, serverNames?: readonly string[]): [readonly string[], string][] {
  return namedCertificates([{ ...pair, serverNames }]).map(({ names, keyType }) => [names, keyType]);
}

test('the names of a certificate are those given, or its DNS names, or its common name if it has none', () => {
  assert.deepEqual(told(makePair(['a.example'], { key: 'rsa:2048' }), ['x.example']), [[['x.example'], 'rsa']]);
  assert.deepEqual(told(pair), [[['a.example', '*.b.example'], 'ec']]);
  assert.deepEqual(told(makePair([], { commonName: 'c.example' })), [[['c.example'], 'ec']]);
  assert.deepEqual(told(makePair([], { commonName: 'Some Company' })), [[[], 'ec']]);
});
