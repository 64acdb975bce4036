// The sources of endpoint, token and other settings, and which of them wins.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Reach, settingsOf, tokenFor } from '../../../provider/client/settings.ts';
import { makePair } from '../../harness/machine/certificates.ts';

/** The form of the administrator's token. */
const FILE_TOKEN = `weir_${'f'.repeat(43)}`;

function settings(config: Record<string, string> = {}, env: Record<string, string> = {}) {
  return settingsOf({ get: (key) => config[key] }, env);
}

function home(t: TestContext, runtimeId: string, token: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'weir-home-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(path.join(folder, '.weir', runtimeId), { recursive: true });
  writeFileSync(path.join(folder, '.weir', runtimeId, 'token'), `${token}\n`, { mode: 0o600 });
  return folder;
}

const ENDPOINTS: readonly [config: string | undefined, variable: string | undefined, endpoint: string][] = [
  [undefined, undefined, 'http://127.0.0.1:7400/'],
  ['', '', 'http://127.0.0.1:7400/'],
  [undefined, 'http://a:1', 'http://a:1/'],
  ['https://b:2/weir', 'http://a:1', 'https://b:2/weir'],
];

for (const [config, variable, endpoint] of ENDPOINTS) {
  test(`weir:endpoint ${config} and WEIR_ENDPOINT ${variable} give ${endpoint}`, () => {
    const given = { ...(config !== undefined && { 'weir:endpoint': config }) };
    const env = { ...(variable !== undefined && { WEIR_ENDPOINT: variable }) };
    assert.equal(settings(given, env).endpoint.href, endpoint);
  });
}

test('an endpoint that is not a URL of http or https is refused, and the error names its source', () => {
  assert.throws(() => settings({ 'weir:endpoint': '127.0.0.1:7400' }), /^WeirError: weir:endpoint is "127.0.0.1:7400"/);
  assert.throws(() => settings({}, { WEIR_ENDPOINT: 'ftp://a' }), /^WeirError: WEIR_ENDPOINT is "ftp:\/\/a"/);
});

test('the environment wins for the token and for the accepted runtime', () => {
  const config = { 'weir:token': 'weir_c', 'weir:acceptRuntime': 'rt-c' };
  const both = settings(config, { WEIR_TOKEN: 'weir_e', WEIR_ACCEPT_RUNTIME: 'rt-e' });
  assert.deepEqual([both.token, both.acceptRuntime], [{ value: 'weir_e', source: 'WEIR_TOKEN' }, 'rt-e']);
  const empty = settings(config, { WEIR_TOKEN: '', WEIR_ACCEPT_RUNTIME: '' });
  assert.deepEqual([empty.token, empty.acceptRuntime], [{ value: 'weir_c', source: 'weir:token' }, 'rt-c']);
});

test('a token is used without its line break, and refused if no header can carry it', () => {
  assert.equal(settings({}, { WEIR_TOKEN: 'weir_e\n' }).token?.value, 'weir_e');
  assert.equal(settings({ 'weir:token': ' weir_c ' }, { WEIR_TOKEN: '\n' }).token?.value, 'weir_c');
  for (const token of ['weir_é', 'weir_a b', 'a\nb']) {
    assert.throws(() => settings({}, { WEIR_TOKEN: token }), /^WeirError: WEIR_TOKEN is not a token/);
  }
});

test('a runtime on this machine gets the token in the file of its user, and another runtime does not', (t) => {
  const folder = home(t, 'rt-1', FILE_TOKEN);
  assert.deepEqual(tokenFor(settings(), 'rt-1', folder), {
    value: FILE_TOKEN,
    source: path.join(folder, '.weir', 'rt-1', 'token'),
  });
  assert.equal(tokenFor(settings(), 'rt-2', folder), undefined);
  assert.equal(tokenFor(settings({ 'weir:endpoint': 'http://weir.example:7400' }), 'rt-1', folder), undefined);
  assert.equal(tokenFor(settings({}, { WEIR_TOKEN: 'weir_e' }), 'rt-1', folder)?.value, 'weir_e');
});

test('a token file that others may have read or written, or that holds anything else, is refused', (t) => {
  const folder = home(t, 'rt-1', FILE_TOKEN);
  const file = path.join(folder, '.weir', 'rt-1', 'token');
  const write = (text: string, mode = 0o600) => {
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  const refused: readonly (readonly [refusal: RegExp, prepare: () => void])[] = [
    [/is open to other users \(mode 644\)/, () => write(FILE_TOKEN, 0o644)],
    [/is open to other users \(mode 620\)/, () => write(FILE_TOKEN, 0o620)],
    [/is damaged: .* has 1 characters/, () => write('x')],
    [/is damaged/, () => write(FILE_TOKEN.slice(0, -1))],
    [/is damaged/, () => write(`${FILE_TOKEN}\n${FILE_TOKEN}`)],
    [/is damaged: it has 5000 bytes/, () => write('x'.repeat(5000))],
    [/is not a file/, () => spawnSync('sh', ['-c', 'rm "$0" && mkfifo -m 600 "$0"', file])],
  ];
  for (const [refusal, prepare] of refused) {
    prepare();
    assert.throws(() => tokenFor(settings(), 'rt-1', folder), refusal);
  }
  write(FILE_TOKEN);
  if (process.getuid?.() === 0) {
    chownSync(file, 1, 1);
    assert.throws(() => tokenFor(settings(), 'rt-1', folder), /belongs to another user \(uid 1\)/);
    chownSync(file, 0, 0);
  }
  assert.equal(tokenFor(settings(), 'rt-1', folder)?.value, FILE_TOKEN);
});

test('a runtime id never leads out of the folder of tokens', (t) => {
  const folder = home(t, 'rt-1', FILE_TOKEN);
  for (const id of ['../.weir/rt-1', 'rt-1/../rt-1', '..', '.']) {
    assert.equal(tokenFor(settings(), id, folder), undefined);
  }
});

test('a certificate authority is a PEM text or a file, and one without a certificate is refused', (t) => {
  const { certificate, privateKey } = makePair(['localhost']);
  const file = path.join(home(t, 'rt-1', certificate), '.weir', 'rt-1', 'token');
  assert.equal(settings({ 'weir:ca': certificate }).ca, certificate);
  assert.equal(settings({ 'weir:ca': file }).ca, `${certificate}\n`);
  assert.throws(() => settings({ 'weir:ca': '/nowhere' }), /weir:ca is neither a PEM text nor a file.*does not exist/);
  assert.throws(() => settings({}, { WEIR_CA: privateKey }), /the text of WEIR_CA has no certificate/);
});

test('an option wins over the configuration and the environment, and an empty one is refused', (t) => {
  const file = path.join(home(t, 'rt-1', FILE_TOKEN), '.weir', 'rt-1', 'token');
  const config = { 'weir:endpoint': 'http://a:1', 'weir:token': 'weir_c' };
  const reached = (reach: Reach) => settingsOf({ get: (key) => config[key as keyof typeof config] }, {}, 'plan', reach);
  const { endpoint, token } = reached({ endpoint: 'http://b:2', tokenFile: file });
  assert.deepEqual([endpoint.href, token], ['http://b:2/', { value: FILE_TOKEN, source: `--token-file ${file}` }]);
  for (const reach of [{ endpoint: '' }, { tokenFile: '' }, { tokenFile: '/dev/null' }, { ca: '' }])
    assert.throws(() => reached(reach), /WeirError: --/);
});

test('the token file is used for 127.0.0.0/8, ::1 and localhost, and not for names that look like them', (t) => {
  const folder = home(t, 'rt-1', FILE_TOKEN);
  const isSent = (host: string) =>
    tokenFor(settings({ 'weir:endpoint': `http://${host}:1` }), 'rt-1', folder) !== undefined;
  assert.deepEqual(['127.0.0.1', '127.9.9.9', '[::1]', 'localhost'].map(isSent), [true, true, true, true]);
  assert.deepEqual(['10.0.0.1', '127.0.0.1.example', 'localhost.example'].map(isSent), [false, false, false]);
});
