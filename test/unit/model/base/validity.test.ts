// The time in which certificates are valid, and the faults that follow from it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notAfterMs, validityFaults } from '../../../../provider/model/base/validity.ts';
import { makeDatedPair } from '../../../harness/machine/dated-certificates.ts';

const DAY_MS = 86_400_000;
const authority = makeDatedPair('Old Authority', { toDays: 40, isAuthority: true });
const leaf = makeDatedPair('a.example', { fromDays: -1, toDays: 60, issuer: authority });
const chain = { certificate: `${leaf.certificate}${authority.certificate}` };
const now = Date.now();

/** The texts of the faults at a time, without dates, and whether clients reject the chain. */
function told(entry: { certificate: string }, days: number): [boolean, string][] {
  return validityFaults(entry, now + days * DAY_MS).map(({ isRejected, text }) => {
    return [isRejected, text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'DATE')];
  });
}

test('a certificate is told from 30 days before its end, after its end and before its begin, with the time left', () => {
  assert.deepEqual(told(leaf, 29.9), []);
  assert.deepEqual(told(leaf, 30.5), [[false, 'expires in 29 days: it is valid to DATE']]);
  assert.deepEqual(told(leaf, 58.5), [[false, 'expires in 1 day: it is valid to DATE']]);
  assert.deepEqual(told(leaf, 59.5), [[false, 'expires in 11 hours: it is valid to DATE']]);
  assert.deepEqual(told(leaf, 59.99), [[false, 'expires in less than 1 hour: it is valid to DATE']]);
  assert.deepEqual(told(leaf, 62.5), [[true, 'has expired: it was valid to DATE, 2 days ago']]);
  assert.deepEqual(told(leaf, -3.5), [[true, 'is not valid yet: it is valid from DATE, which is in 2 days']]);
});

test('a certificate of the chain is told with its subject, and the chain ends with its first certificate', () => {
  const subject = 'CN=Old Authority';
  assert.deepEqual(told(chain, 11), [
    [false, `has a certificate in its chain that expires in 28 days: ${subject} is valid to DATE`],
  ]);
  assert.deepEqual(told(chain, 45), [
    [false, 'expires in 14 days: it is valid to DATE'],
    [true, `has a certificate in its chain that has expired: ${subject} was valid to DATE, 5 days ago`],
  ]);
  const end = notAfterMs(chain) ?? 0;
  assert.ok(Math.abs(end - (now + 40 * DAY_MS)) < DAY_MS, new Date(end).toISOString());
  assert.equal(notAfterMs({ certificate: 'no certificate' }), undefined);
});
