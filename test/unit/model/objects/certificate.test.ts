// Certificates and keys that are refused, and those that are accepted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { certificateRules, certificateSchema } from '../../../../provider/model/objects/certificate.ts';
import { makePair } from '../../../harness/machine/certificates.ts';

const UNKNOWN = 'unknown-value';
const isKnown = (value: unknown) => value !== UNKNOWN;

const pair = makePair(['a.example', '*.b.example'], { commonName: 'not-a.example' });
const other = makePair(['a.example']);
const encrypted = (type: 'pkcs1' | 'pkcs8', key: string) =>
  createPrivateKey(key).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as never) as string;
const rsa = makePair(['rsa.example'], { key: 'rsa:2048' });
const damaged = (pem: string) => pem.replace(/\n[^\n-]{4}/, '\nAAAA');

type Row = readonly [name: string, entry: Record<string, unknown>, problems: Readonly<Record<string, RegExp>>];

const REFUSED: readonly Row[] = [
  ['a pair that is not PEM', { certificate: 'x', privateKey: 'y' }, { certificate: /not PEM/, privateKey: /not PEM/ }],
  ['the key of another certificate', { ...pair, privateKey: other.privateKey }, { privateKey: /does not belong/ }],
  [
    'a key in place of the certificate',
    { ...pair, certificate: pair.privateKey },
    { certificate: /has a PRIVATE KEY/ },
  ],
  [
    'a certificate with a key beside it',
    { ...pair, certificate: pair.certificate + pair.privateKey },
    { certificate: /certificates only, and has a PRIVATE KEY/ },
  ],
  [
    'a certificate with a key without its end beside it',
    { ...pair, certificate: pair.certificate + pair.privateKey.split('-----END')[0] },
    { certificate: /certificates only, and has a PRIVATE KEY/ },
  ],
  [
    'a certificate without its end before another one',
    { ...pair, certificate: other.certificate.split('-----END')[0] + pair.certificate },
    { certificate: /cut off/ },
  ],
  ['a certificate as the key', { ...pair, privateKey: pair.certificate }, { privateKey: /no private key/ }],
  ['a damaged certificate', { ...pair, certificate: damaged(pair.certificate) }, { certificate: /certificate 1 of 1/ }],
  [
    'a damaged chain',
    { ...pair, certificate: pair.certificate + damaged(other.certificate) },
    { certificate: /certificate 2 of 2/ },
  ],
  ['a damaged key', { ...pair, privateKey: damaged(pair.privateKey) }, { privateKey: /damaged/ }],
  ['an encrypted key', { ...pair, privateKey: encrypted('pkcs8', pair.privateKey) }, { privateKey: /encrypted/ }],
  [
    'an encrypted key of the old form',
    { ...rsa, privateKey: encrypted('pkcs1', rsa.privateKey) },
    { privateKey: /encrypted/ },
  ],
];

for (const [name, entry, expected] of REFUSED) {
  test(`${name} is refused`, () => {
    const problems = certificateRules(entry, isKnown);
    assert.deepEqual(
      problems.map(({ path }) => path),
      Object.keys(expected),
    );
    for (const { path, message } of problems) {
      assert.match(message, expected[path] as RegExp);
      for (const line of pair.privateKey.split('\n').slice(1, -2)) assert.ok(!message.includes(line));
    }
  });
}

// The certificate is checked in a process of its own, because quadratic time would block that process for half an hour.
test('as many openings without an end as a body has room for are refused without delay', () => {
  const module = new URL('../../../../provider/model/objects/certificate.ts', import.meta.url);
  const script = `
    const { certificateRules } = await import(${JSON.stringify(module)});
    const text = '-----BEGIN A-----'.repeat(240_000);
    process.stdout.write(String(certificateRules({ certificate: text, privateKey: text }, () => true).length));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: 60_000 });
  assert.equal(String(stdout), '2');
});

test('a pair, a chain behind it, an RSA key and text around the blocks are accepted', () => {
  const chain = `subject=CN = x\n${pair.certificate}\n${other.certificate}`;
  for (const entry of [pair, rsa, { ...pair, certificate: chain }]) {
    assert.deepEqual(certificateRules({ ...entry }, isKnown), []);
  }
});

test('unknown parts are skipped, and the known rest is checked', () => {
  assert.deepEqual(certificateRules({ ...pair, privateKey: UNKNOWN }, isKnown), []);
  assert.deepEqual(certificateRules({ certificate: UNKNOWN, privateKey: UNKNOWN }, isKnown), []);
  const [problem, ...rest] = certificateRules({ certificate: UNKNOWN, privateKey: 'x' }, isKnown);
  assert.deepEqual([problem?.path, rest], ['privateKey', []]);
});

test('server names are host names, exact or with a wildcard for the first label', () => {
  const isServerName = (name: string) => certificateSchema.safeParse({ ...pair, serverNames: [name] }).success;
  const long = 'a'.repeat(63);
  for (const name of ['a', 'a.example', 'A.Example.', '*.example', 'xn--bcher-kva.example', '_x.example', long]) {
    assert.ok(isServerName(name), name);
  }
  const many = `${`${long}.`.repeat(4)}a`;
  for (const name of [
    '',
    '.',
    '*',
    'a..b',
    '.a',
    '-a',
    'a-',
    '*a.example',
    'a.*.example',
    'b\u00fc.de',
    `${long}a`,
    many,
  ]) {
    assert.ok(!isServerName(name), name);
  }
});
