// Data that is broken or lost in part: the start is refused with what is wrong and what to do, and changes nothing.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';

interface Kept {
  readonly id: string;
  /** The data directory of a running runtime at one moment, as a copy of all files makes it. */
  readonly running: string;
  /** The same after a clean end. */
  readonly ended: string;
}
let kept: Kept;

const steps: (() => unknown)[] = [];
before(async () => {
  const scope = { after: (step: () => unknown) => steps.push(step) } as unknown as TestContext;
  const runtime = await RuntimeProcess.start(scope);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = { loadBalancerId: 'lb', healthCheck: { protocol: 'none' } };
  for (const id of ['one', 'two']) {
    const body = {
      ...listener,
      protocol: 'HTTPS',
      port: await freePort(),
      certificates: { main: makePair([`${id}.example`]) },
    };
    await runtime.done('PUT', `/v1/listeners/${id}`, body);
  }
  await runtime.done('PUT', '/v1/backend-servers/i-1', { region: 'r1', vpcId: 'v1', addresses: ['127.0.0.1'] });
  await runtime.done('PUT', '/v1/groups/workers', {});
  await runtime.done('PUT', '/v1/groups/workers/members/i-1');
  await runtime.done('PUT', '/v1/attachments/app', {
    listenerId: 'one',
    targets: { a: { address: '127.0.0.1', port: 9 } },
  });
  await runtime.done('POST', '/v1/tokens', { name: 'ci', statements: [{ actions: ['slb:*'], resources: ['*'] }] });
  const [running, ended] = [temporaryDirectory(scope), temporaryDirectory(scope)];
  const id = (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
  cpSync(runtime.dataDirectory, running, { recursive: true });
  assert.equal(await runtime.end('SIGTERM'), 0);
  cpSync(runtime.dataDirectory, ended, { recursive: true });
  kept = { id, running, ended };
});
after(async () => {
  for (const step of steps) await step();
});

test('an administrator token or a key that is put in place in advance is used by the first start', async (t) => {
  for (const name of ['admin-token', 'master-key']) {
    const directory = temporaryDirectory(t);
    cpSync(join(kept.ended, name), join(directory, name));
    await starts(t, directory);
    assert.deepEqual(readFileSync(join(directory, name)), readFileSync(join(kept.ended, name)));
  }
});

function copyOf(t: TestContext, directory: string, without: readonly string[] = []): string {
  const copy = temporaryDirectory(t);
  cpSync(directory, copy, { recursive: true });
  for (const name of without) rmSync(join(copy, name));
  return copy;
}

/** Changes the database of a data directory by SQL statements. */
function change(directory: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(join(directory, 'weir.db'));
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** The content of the files that a runtime writes, by name: also of the log, which has the newest writes. */
function filesIn(directory: string): Record<string, string> {
  // SQLite makes the file of shared memory, and an empty log, in order to read.
  const names = readdirSync(directory).filter((name) => !/-shm$|^lock$/.test(name));
  const files = names.map((name) => [name, readFileSync(join(directory, name))] as const);
  return Object.fromEntries(
    files
      .filter(([name, bytes]) => bytes.length > 0 || !name.endsWith('-wal'))
      .map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]),
  );
}

async function refused(t: TestContext, dataDirectory: string, args: readonly string[] = []): Promise<string> {
  const files = filesIn(dataDirectory);
  let message = '';
  await assert.rejects(RuntimeProcess.start(t, { dataDirectory, args }), (error: Error) => {
    message = error.message;
    return true;
  });
  assert.doesNotMatch(message, /\n\s+at /);
  assert.deepEqual(filesIn(dataDirectory), files);
  return message;
}

async function starts(t: TestContext, dataDirectory: string, args: readonly string[] = []): Promise<RuntimeProcess> {
  return await RuntimeProcess.start(t, { dataDirectory, args });
}

async function idOf(runtime: RuntimeProcess): Promise<string> {
  return (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
}

const RESTORE = /restore a backup with: weir restore FILE --data \S+ --force/;

test('a database that is lost in part or whole is not a new runtime, and --init makes one on purpose', async (t) => {
  const cases: readonly (readonly [what: RegExp, prepare: () => string])[] = [
    [
      /weir\.db was copied without its newest writes, which were in \S+weir\.db-wal/,
      () => copyOf(t, kept.running, ['weir.db-wal', 'weir.db-shm']),
    ],
    [/was copied without its newest writes/, () => copyOf(t, kept.running, ['weir.db-wal'])],
    [
      /was copied without its newest writes/,
      () => {
        const copy = copyOf(t, kept.running);
        truncateSync(join(copy, 'weir.db-wal'));
        return copy;
      },
    ],
    [
      /was copied without its newest writes/,
      () => {
        const copy = temporaryDirectory(t);
        cpSync(join(kept.running, 'weir.db'), join(copy, 'weir.db'));
        return copy;
      },
    ],
    [
      /weir\.db is missing or empty, but \S+admin-token and \S+master-key of an earlier runtime are there/,
      () => copyOf(t, kept.ended, ['weir.db']),
    ],
    [
      /missing or empty, but \S+master-key of an earlier runtime is there/,
      () => copyOf(t, kept.ended, ['weir.db', 'admin-token']),
    ],
    [
      /missing or empty, but \S+admin-token of an earlier runtime is there/,
      () => copyOf(t, kept.ended, ['weir.db', 'master-key']),
    ],
    [
      /missing or empty, but \S+admin-token and/,
      () => {
        const copy = copyOf(t, kept.ended);
        truncateSync(join(copy, 'weir.db'));
        return copy;
      },
    ],
    [
      /missing or empty, but its newest writes are there in \S+weir\.db-wal/,
      () => copyOf(t, kept.running, ['weir.db', 'admin-token', 'master-key']),
    ],
  ];
  for (const [what, prepare] of cases) {
    const directory = prepare();
    const message = await refused(t, directory);
    assert.match(message, what);
    assert.match(message, RESTORE);
    // Once with and once without the log of the lost database.
    if (!/weir serve --init/.test(message) || !/\bweir\.db-wal: put|admin-token and/.test(message)) continue;
    const fresh = await starts(t, directory, ['--init']);
    assert.notEqual(await idOf(fresh), kept.id);
    assert.deepEqual((await fresh.done('GET', '/v1/load-balancers')).items, []);
    assert.equal(await fresh.end('SIGTERM'), 0);
    const again = await starts(t, directory, ['--init']);
    assert.match(again.log(), /--init has no effect, because there is a database/);
    assert.equal(await again.end('SIGTERM'), 0);
  }
});

test('a copy of all files, a copy that SQLite makes and an ended database start with everything', async (t) => {
  const bySqlite = copyOf(t, kept.running, ['weir.db', 'weir.db-wal', 'weir.db-shm']);
  const source = new DatabaseSync(join(copyOf(t, kept.running), 'weir.db'));
  source.exec(`vacuum into '${join(bySqlite, 'weir.db')}'`);
  source.close();
  // A program that opens the database of a killed runtime, and closes it, moves the log to the file.
  const opened = copyOf(t, kept.running);
  const reader = new DatabaseSync(join(opened, 'weir.db'));
  reader.prepare('select count(*) from objects').get();
  reader.close();
  assert.ok(!existsSync(join(opened, 'weir.db-wal')));
  for (const directory of [copyOf(t, kept.running), copyOf(t, kept.ended), bySqlite, opened]) {
    const runtime = await starts(t, directory);
    assert.equal(await idOf(runtime), kept.id);
    assert.equal((await runtime.done('GET', '/v1/listeners')).items.length, 2);
    assert.equal((await runtime.done('GET', '/v1/tokens')).items.length, 1);
    await runtime.end('SIGKILL');
  }
});

test('every row that cannot be used is named at once, with what to do; the deletion that it names works', async (t) => {
  const directory = copyOf(t, kept.ended);
  change(
    directory,
    `update objects set properties = substr(properties, 1, 20) where id = 'one'`,
    `update objects set properties = json_set(properties, '$.targets.a.port', 'x', '$.targets.a.weight', -1) where id = 'app'`,
    `update objects set state = '{}' where id = 'lb'`,
    `delete from objects where id = 'i-1'`,
    `insert into objects (kind, id, incarnation, version, properties, state) values ('gateways', 'g', 'i', 1, '{}', '{}')`,
    `update tokens set statements = '[{"actions":"x"}]'`,
    `update meta set value = '1' where name = 'version'`,
    'update objects set checksum = null',
    'update tokens set checksum = null',
  );
  const message = await refused(t, directory);
  const rows = [
    /^ {2}listeners\/one: its properties are not JSON$/m,
    /^ {2}attachments\/app: targets\.a\.port .*; targets\.a\.weight /m,
    /^ {2}load-balancers\/lb: vip /m,
    /^ {2}groups\/workers: members\.i-1 names backend-servers\/i-1, which is not there$/m,
    /^ {2}gateways\/g: this release has no such kind of object$/m,
    /^ {2}tokens\/\w+: statements\[?\.?0/m,
    /^ {2}meta\/version: is 1, and an object has version \d+$/m,
  ];
  for (const row of rows) assert.match(message, row);
  assert.match(message, RESTORE);
  assert.doesNotMatch(message, /BEGIN|sealed/);
  const [, statement = ''] = /with: sqlite3 \S+weir\.db "(.*)"$/m.exec(message) ?? [];
  assert.match(statement, /^delete from objects where kind = 'listeners' and id = 'one'$/);
  change(directory, statement);
  assert.doesNotMatch(await refused(t, directory), /listeners\/one: its/);
});

test('a text that is not the one that was written is named with its row, and can be used as it is on purpose', async (t) => {
  const directory = copyOf(t, kept.ended);
  // Each of these values is valid by itself, as after a bit of the disk has flipped.
  change(
    directory,
    `update objects set properties = replace(properties, '127.0.0.1', '127.0.0.3') where id = 'app'`,
    `update objects set owner = 'x' where id = 'i-1'`,
    `update tokens set statements = replace(statements, 'slb:*', 'slb:+')`,
  );
  const message = await refused(t, directory);
  for (const name of ['attachments/app', 'backend-servers/i-1', 'tokens/\\w+'])
    assert.match(message, new RegExp(`^ {2}${name}: its content is not the one that was written`, 'm'));
  assert.match(message, /has 3 rows that cannot be used/);
  change(directory, 'update objects set checksum = null', 'delete from tokens');
  const runtime = await starts(t, directory);
  assert.equal((await runtime.done('GET', '/v1/attachments/app')).boundTargets.a.address, '127.0.0.3');
  await runtime.end('SIGTERM');
  change(directory, `update meta set value = replace(value, '-', '+') where name = 'runtimeId'`);
  assert.match(await refused(t, directory), /^ {2}meta\/runtimeId: its content is not the one that was written/m);
});

test('a refused start leaves the log of a killed runtime as it is, whatever the refusal is for', async (t) => {
  const pages = copyOf(t, kept.running);
  const file = join(pages, 'weir.db');
  writeFileSync(file, readFileSync(file).fill(0xff, 4096));
  const rows = copyOf(t, kept.running);
  const database = new DatabaseSync(join(rows, 'weir.db'));
  // Another connection, so that the log is there after the change.
  const other = new DatabaseSync(join(rows, 'weir.db'), { readOnly: true });
  other.exec('begin; select count(*) from objects');
  database.exec(`update objects set state = '{}', checksum = null where id = 'lb'`);
  database.close();
  other.close();
  for (const directory of [pages, rows, copyOf(t, kept.running, ['master-key'])]) {
    assert.ok(readFileSync(join(directory, 'weir.db-wal')).length > 0);
    await refused(t, directory);
    await refused(t, directory);
  }
});

test('one damaged secret names its object, and a wrong key or none names the key file', async (t) => {
  const damaged = copyOf(t, kept.ended);
  change(
    damaged,
    `update objects set checksum = null, properties =
       json_set(properties, '$.certificates.main.privateKey.sealed', 'AAAA') where id = 'two'`,
  );
  const message = await refused(t, damaged);
  assert.match(
    message,
    /^ {2}listeners\/two: the key file \S+master-key does not open its secrets, although it opens/m,
  );
  assert.doesNotMatch(message, /listeners\/one/);
  const wrong = copyOf(t, kept.ended);
  writeFileSync(join(wrong, 'master-key'), Buffer.alloc(32), { mode: 0o600 });
  assert.match(await refused(t, wrong), /key file \S+ does not open the secrets of listeners\/one.*holds another key/);
  assert.match(await refused(t, copyOf(t, kept.ended, ['master-key'])), /master-key is missing: restore the key file/);
});

test('damaged pages, a file that is no database and one of a newer release are refused', async (t) => {
  const page = 4096;
  const damage = (change: (bytes: Buffer) => Buffer) => {
    const directory = copyOf(t, kept.ended);
    const file = join(directory, 'weir.db');
    writeFileSync(file, change(readFileSync(file)));
    return directory;
  };
  const pages = damage((bytes) => bytes.fill(0xff, 2 * page, 6 * page));
  const cut = damage((bytes) => bytes.subarray(0, 3 * page));
  const none = damage((bytes) => bytes.fill('no database'));
  // Bytes of the header: the formats for writes and for reads, the format of the schema, and the schema's version.
  const header = ([at, ...values]: readonly number[]) =>
    damage((bytes) => bytes.fill(Buffer.from(values), at, (at ?? 0) + values.length));
  const headers = [
    [18, 9],
    [19, 9],
    [19, 1],
    [44, 0, 0, 0, 9],
    [60, 0, 0, 0, 3],
    [60, 0, 0, 0, 0],
    [60, 255, 255, 255, 251],
  ].map(header);
  const newer = await refused(t, header([60, 0, 0, 0, 99]));
  assert.match(newer, /the database \S+weir\.db was written by a newer release of weir \(schema 99; /);
  assert.match(newer, RESTORE);
  for (const directory of [pages, cut, none, ...headers]) {
    const message = await refused(t, directory);
    assert.match(message, /^weir serve ended with 1: weir: the database \S+weir\.db is damaged \(.+\): /);
    assert.match(message, RESTORE);
  }
});
