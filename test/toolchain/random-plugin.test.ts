// The plugin for @pulumi/random that Pulumi finds, and the values that its stand-in makes.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureRandomPlugin } from '../../.toolchain/random-plugin.mjs';
import { ROOT } from '../harness/machine/tree.ts';
import { temporaryDirectory } from '../harness/runtime/runtime.ts';
import { provider } from '../random-plugin/provider.mjs';

const PLUGIN = 'pulumi-resource-random';
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'node_modules/@pulumi/random/package.json'), 'utf8'));

/**
 * Writes the given files into the folder of the random plugin, and returns the folder's path. Without files, the folder
 * does not exist.
 */
function place(home: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = path.join(home, 'plugins', `resource-random-v${version}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, name), text, { mode: 0o755 });
  }
  return folder;
}

const OFFICIAL = { [PLUGIN]: 'official' };
const STALE_STAND_IN = { [PLUGIN]: 'stale', 'provider.mjs': 'stale' };

function homes(t: TestContext): { own: string; user: string; cache: string } {
  return { own: temporaryDirectory(t), user: temporaryDirectory(t), cache: temporaryDirectory(t) };
}

test('the official plugin stays unchanged, and nothing is put on PATH', async (t) => {
  const { own, cache } = homes(t);
  const folder = place(own, OFFICIAL);
  assert.deepEqual(await ensureRandomPlugin(ROOT, own, cache, { PATH: '' }), []);
  assert.equal(readFileSync(path.join(folder, PLUGIN), 'utf8'), 'official');
});

test('a stale stand-in in the home of the set-up is replaced by the stand-in of this checkout', async (t) => {
  const { own, cache } = homes(t);
  const folder = place(own, STALE_STAND_IN);
  assert.deepEqual(await ensureRandomPlugin(ROOT, own, cache, { PATH: '' }), []);
  for (const name of [PLUGIN, 'provider.mjs', 'values.mjs']) {
    assert.deepEqual(readFileSync(path.join(folder, name)), readFileSync(path.join(ROOT, 'test/random-plugin', name)));
  }
});

test('a home of the user without a plugin is left alone, and the stand-in is put on PATH', async (t) => {
  const { own, user, cache } = homes(t);
  const folder = place(own, STALE_STAND_IN);
  assert.deepEqual(await ensureRandomPlugin(ROOT, own, cache, { PATH: '', PULUMI_HOME: user }), [folder]);
  assert.throws(() => readFileSync(path.join(place(user), PLUGIN)), { code: 'ENOENT' });
});

test('a plugin in the home of the user or on PATH is used, and none is installed', async (t) => {
  const { own, user, cache } = homes(t);
  const folder = place(user, OFFICIAL);
  assert.deepEqual(await ensureRandomPlugin(ROOT, own, cache, { PATH: '', PULUMI_HOME: user }), []);
  assert.deepEqual(await ensureRandomPlugin(ROOT, own, cache, { PATH: folder }), []);
  assert.throws(() => readFileSync(path.join(place(own), PLUGIN)), { code: 'ENOENT' });
});

/** Makes the value of a random resource as Pulumi does: by `check`, then `create`. */
async function made(
  type: string,
  news: Record<string, unknown>,
): Promise<{ id: string; outs: Record<string, unknown> }> {
  const urn = `urn:pulumi:dev::shop::weir:index:Service$random:index/${type[0]?.toLowerCase()}${type.slice(1)}:${type}::x`;
  const { inputs, failures } = await provider.check(urn, {}, news);
  assert.deepEqual(failures, []);
  const result = await provider.create(urn, inputs);
  assert.deepEqual(await provider.diff(result.id, urn, result.outs, inputs), { changes: false, replaces: [] });
  for (const [name, value] of Object.entries({ keepers: { release: '2' }, ...news })) {
    const changed = { ...inputs, [name]: name === 'keepers' ? value : undefined };
    const diff = await provider.diff(result.id, urn, result.outs, changed);
    assert.deepEqual(diff, { changes: true, replaces: [name] }, `another ${name} replaces the resource`);
  }
  return result;
}

test('the stand-in gives each form of an id the same bytes', async () => {
  const { id, outs } = await made('RandomId', { byteLength: 9, prefix: 'p-' });
  const bytes = Buffer.from(id, 'base64url');
  assert.equal(bytes.length, 9);
  assert.deepEqual(
    [outs.b64Url, outs.b64Std, outs.hex, outs.dec],
    [id, bytes.toString('base64'), bytes.toString('hex'), BigInt(`0x${bytes.toString('hex')}`)].map(
      (form) => `p-${form}`,
    ),
  );
});

test('the stand-in gives passwords and strings of the requested characters', async () => {
  const password = await made('RandomPassword', { length: 200, special: false });
  assert.match(String(password.outs.result), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[a-zA-Z\d]{200}$/);
  assert.equal(password.id, 'none');
  const text = await made('RandomString', {
    length: 50,
    upper: false,
    lower: false,
    numeric: false,
    overrideSpecial: '-_',
  });
  assert.match(String(text.outs.result), /^[-_]{50}$/);
  assert.equal(text.id, text.outs.result);
});

test('the stand-in shuffles each input once, equally for equal seeds, and starts again if more results are requested', async () => {
  const inputs = Array.from({ length: 20 }, (_, n) => `${n}`);
  const results = async (more: object) => (await made('RandomShuffle', { inputs, ...more })).outs.results as string[];
  const [one, other] = [await results({}), await results({})];
  assert.deepEqual([one.toSorted(), other.toSorted()], [inputs.toSorted(), inputs.toSorted()]);
  assert.notDeepEqual(one, other);
  assert.deepEqual(await results({ seed: 's' }), await results({ seed: 's' }));
  const more = await results({ resultCount: 30, seed: 's' });
  assert.deepEqual([more.length, new Set(more.slice(0, 20)).size, new Set(more.slice(20)).size], [30, 20, 10]);
});

test('the stand-in refuses what it does not have', async () => {
  const urn = (type: string) => `urn:pulumi:dev::shop::random:index/${type}::x`;
  await assert.rejects(provider.check(urn('randomUuid:RandomUuid'), {}, {}), /stand-in .* has no .*RandomUuid/);
  const { failures } = await provider.check(urn('randomPassword:RandomPassword'), {}, { length: 8, minLower: 2 });
  assert.deepEqual(
    failures.map(({ property }) => property),
    ['minLower'],
  );
});
