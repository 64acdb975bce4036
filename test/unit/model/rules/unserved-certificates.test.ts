// Warnings for certificates that clients never get.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unservedWarnings } from '../../../../provider/model/rules/unserved-certificates.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

test('a certificate behind another one with the same names and kind of key is never served, also with another curve', () => {
  const rsa = makePair(['a.example', 'b.example'], { key: 'rsa:2048' });
  const ec = makePair(['a.example']);
  const p384 = makePair(['a.example'], { key: 'ec', curve: 'secp384r1' });
  const certificates = [
    { name: 'a', ...rsa },
    { name: 'b', ...ec },
    { name: 'c.d', ...p384 },
    { name: 'e', ...rsa, serverNames: ['c.example', 'a.example', 'b.example'] },
    { name: 'f', ...rsa, serverNames: [] },
  ];
  assert.deepEqual(unservedWarnings(certificates.slice(0, 2)), []);
  assert.deepEqual(unservedWarnings(certificates), [
    'certificates["c.d"] is never served: certificates.b comes first and has the same kind of key (ECDSA)',
    'certificates.e is not served for a.example, b.example: certificates.a comes first and has the same kind of key (RSA)',
    'certificates.f is never served: it is for no server name, and is not the first certificate',
  ]);
});
