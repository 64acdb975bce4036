// What a certificate says of its time and its names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateWarnings, namesOf } from '../../../../provider/model/base/x509.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

const pair = makePair(['a.example', '*.b.example'], { commonName: 'not-a.example' });

test('an expired certificate is a warning and no refusal', () => {
  const day = 86_400_000;
  assert.deepEqual(certificateWarnings(pair.certificate, Date.now()), []);
  assert.match(certificateWarnings(pair.certificate, Date.now() + 31 * day)[0] ?? '', /^has expired: it was valid to /);
  assert.match(certificateWarnings(pair.certificate, Date.now() - 2 * day)[0] ?? '', /^is not valid before /);
});

test("a certificate's names are its DNS names, and its common name where it has none", () => {
  assert.deepEqual(namesOf(pair.certificate), ['a.example', '*.b.example']);
  assert.deepEqual(namesOf(makePair([], { commonName: 'c.example' }).certificate), ['c.example']);
  assert.deepEqual(namesOf(makePair([], { commonName: 'Some Company' }).certificate), []);
});
