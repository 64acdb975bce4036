// Secrets in a real database file: encryption, decryption, and the errors of a wrong key file.
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { KeyFile } from '../../../../provider/runtime/store/key-file.ts';
import { SealedStore } from '../../../../provider/runtime/store/sealed-store.ts';
import { SqliteStore } from '../../../../provider/runtime/store/sqlite/sqlite-store.ts';
import type { StoredObject } from '../../../../provider/runtime/stored/object.ts';
import { temporaryDirectory } from '../../../harness/runtime/runtime.ts';

const SECRETS = ['planted-private-key-1', 'planted-private-key-2', 'planted-cookie-key-3', 'planted-cookie-key-4'];
const [one, two, three, four] = SECRETS;

function object(id: string, properties: object, state: object = {}): StoredObject {
  const rest = { kind: 'listeners', owner: undefined, incarnation: 'i', version: 1 };
  return { id, ...rest, properties, state } as unknown as StoredObject;
}

const secret = object(
  'web',
  {
    port: 443,
    certificates: { a: { certificate: 'c', privateKey: one }, b: { certificate: 'd', privateKey: two } },
    stickySession: { type: 'cookie', cookieKey: three },
  },
  { cookieKey: four },
);
const plain = object('plain', { port: 80 });

async function open(t: TestContext, directory: string): Promise<SealedStore> {
  const inner = new SqliteStore(join(directory, 'weir.db'));
  t.after(() => inner.close());
  return new SealedStore(inner, new KeyFile(join(directory, 'master-key')));
}

async function written(t: TestContext, ...objects: StoredObject[]): Promise<string> {
  const directory = temporaryDirectory(t);
  const store = await open(t, directory);
  await store.load();
  await store.commit(
    1,
    objects.map((put) => ({ put })),
  );
  return directory;
}

test('secrets load unchanged, and no file of the data directory contains them', async (t) => {
  const directory = await written(t, secret, plain);
  for (const file of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, file));
    for (const text of SECRETS) assert.ok(!bytes.includes(text), `${file} has ${text}`);
  }
  const { objects } = await (await open(t, directory)).load();
  const [first, second] = objects.toSorted((a, b) => b.id.localeCompare(a.id));
  assert.deepEqual([first?.properties, first?.state], [secret.properties, secret.state]);
  assert.deepEqual(second?.properties, plain.properties);
});

test('the key file is created with the first secret, readable by its owner only', async (t) => {
  const without = await written(t, plain);
  assert.ok(!existsSync(join(without, 'master-key')));
  const file = join(await written(t, secret), 'master-key');
  assert.deepEqual([statSync(file).mode & 0o777, statSync(file).size], [0o600, 32]);
});

test('sealing one secret twice gives different values', async (t) => {
  const rows = [];
  for (const put of [secret, { ...secret, version: 2 }]) {
    const directory = await written(t, put);
    const database = new DatabaseSync(join(directory, 'weir.db'));
    rows.push(database.prepare('select properties from objects').get()?.properties);
    database.close();
  }
  assert.notEqual(rows[0], rows[1]);
});

test('a sealed secret opens only in the property for which it was sealed', async (t) => {
  const directory = await written(t, secret);
  const database = new DatabaseSync(join(directory, 'weir.db'));
  database.exec("update objects set id = 'other', checksum = null");
  database.close();
  await assert.rejects((await open(t, directory)).load(), /does not open the secrets of listeners\/other/);
});

const BAD_KEY_FILES: readonly [name: string, damage: (file: string) => void, message: RegExp][] = [
  [
    'another key',
    (file) => writeFileSync(file, Buffer.alloc(32)),
    /key file .* does not open the secrets of .*: restore the key file/,
  ],
  ['no key file', (file) => rmSync(file), /key file .* is missing: restore the key file/],
  ['a short key file', (file) => writeFileSync(file, 'short'), /is damaged: it has 5 bytes instead of 32/],
  [
    'a key file that its group may read',
    (file) => chmodSync(file, 0o640),
    /is open to other users \(mode 640\): run chmod 600 on it/,
  ],
];

for (const [name, damage, message] of BAD_KEY_FILES) {
  test(`data with secrets and ${name} is an error that says what to do`, async (t) => {
    const directory = await written(t, secret);
    const file = join(directory, 'master-key');
    copyFileSync(file, join(directory, 'kept'));
    damage(file);
    await assert.rejects((await open(t, directory)).load(), message);
    rmSync(file, { force: true });
    copyFileSync(join(directory, 'kept'), file);
    assert.equal((await (await open(t, directory)).load()).objects.length, 1);
  });
}
