// The validity and the names of certificates.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateWarnings, namesOf } from '../../../../provider/model/base/x509.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

const pair = makePair(['a.example', '*.b.example'], { commonName: 'not-a.example' });

test('an expired certificate gives a warning, and is not refused', () => {
  const day = 86_400_000;
  assert.deepEqual(certificateWarnings(pair.certificate, Date.now()), []);
  assert.match(certificateWarnings(pair.certificate, Date.now() + 31 * day)[0] ?? '', /^has expired: it was valid to /);
  assert.match(certificateWarnings(pair.certificate, Date.now() - 2 * day)[0] ?? '', /^is not valid before /);
});

test('the names of a certificate are its DNS names, or its common name if it has none', () => {
  assert.deepEqual(namesOf(pair.certificate), ['a.example', '*.b.example']);
  assert.deepEqual(namesOf(makePair([], { commonName: 'c.example' }).certificate), ['c.example']);
  assert.deepEqual(namesOf(makePair([], { commonName: 'Some Company' }).certificate), []);
});
