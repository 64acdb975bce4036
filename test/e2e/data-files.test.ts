// The files of the data directory in other hands than the runtime's: users' own files, other programs, and damage.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

test("users' own files beside the database stay, and so does everything at a start that is refused", async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const own = [
    ...['weir.db.backup', 'weir.db.backup-2026-11-30', 'weir.db.backup-20261130', 'weir.db.restore', 'weir.db.bak'],
    ...['weir.db.backup-1a2b3c4d.old', 'weir.db.backup-1a2b3c4'],
  ];
  const left = [
    'weir.db.backup-1a2b3c4d',
    'weir.db.backup-a2b3c4d5-journal',
    'weir.db.restore-d2b3c4d5',
    'weir.db.probe',
  ];
  for (const name of [...own, ...left]) writeFileSync(join(dataDirectory, name), name);
  mkdirSync(join(dataDirectory, 'weir.db.restore-0a0b0c0d'));
  const names = () => readdirSync(dataDirectory).filter((name) => /^weir\.db\./.test(name));
  writeFileSync(join(dataDirectory, 'weir.db'), 'no database'.repeat(100));
  await assert.rejects(RuntimeProcess.start(t, { dataDirectory }), /is damaged \(it is not a SQLite database\)/);
  assert.deepEqual(names(), [...own, ...left, 'weir.db.restore-0a0b0c0d'].sort());
  writeFileSync(join(dataDirectory, 'weir.db'), '');
  const runtime = await RuntimeProcess.start(t, { dataDirectory });
  assert.deepEqual(names(), [...own, 'weir.db.restore-0a0b0c0d'].sort());
  await runtime.end('SIGTERM');
});

test('while another program has the database locked, writes are refused at once and the API goes on', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const other = new DatabaseSync(join(runtime.dataDirectory, 'weir.db'));
  t.after(() => other.close());
  other.exec('begin immediate');
  // If each of them waited for 5 s in the thread of the API, they would take a minute.
  let ended = 0;
  const writes = Array.from({ length: 12 }, async (_, i) => {
    const response = await runtime.call('PUT', `/v1/load-balancers/lb${i}`, {});
    ended++;
    return response;
  });
  await until('every refusal', () => ended === writes.length || undefined);
  assert.equal((await runtime.call('GET', '/v1/load-balancers')).status, 200);
  for (const { status, body } of await Promise.all(writes)) {
    assert.deepEqual([status, body.code], [503, 'SystemBusy']);
    assert.match(body.message, /because another program has the database locked: end the transaction of that program/);
  }
  other.exec('commit');
  await until(
    'a write',
    async () => (await runtime.call('PUT', '/v1/load-balancers/lb', {})).status === 200 || undefined,
  );
});

test('a damaged log is refused with the file and what to do, and the command that is named starts with the rest', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const { dataDirectory } = runtime;
  for (let i = 0; i < 10; i++) await runtime.done('PUT', `/v1/load-balancers/lb${i}`, { address: '127.0.0.1' });
  await runtime.end('SIGKILL');
  const log = join(dataDirectory, 'weir.db-wal');
  const whole = readFileSync(log);
  const FRAME = 24 + 4096;
  // In the header of the log, at its beginning, and in its middle.
  for (const at of [16, 32 + 100, 32 + Math.floor(whole.length / FRAME / 2) * FRAME + 2000]) {
    const directory = temporaryDirectory(t);
    cpSync(dataDirectory, directory, { recursive: true });
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(join(directory, 'weir.db-wal'), damaged);
    const database = readFileSync(join(directory, 'weir.db'));
    let message = '';
    await assert.rejects(RuntimeProcess.start(t, { dataDirectory: directory }), (error: Error) => {
      message = error.message;
      return true;
    });
    assert.match(
      message,
      /the log \S+weir\.db-wal of the database \S+weir\.db is damaged \(.+\): restore a backup with/,
    );
    assert.deepEqual(readFileSync(join(directory, 'weir.db')), database);
    assert.deepEqual(readFileSync(join(directory, 'weir.db-wal')), damaged);
    const [, statement = ''] = /after: sqlite3 \S+weir\.db "(.*)"$/m.exec(message) ?? [];
    // As `sqlite3` does: it opens the file, runs the statement, and closes the file.
    const other = new DatabaseSync(join(directory, 'weir.db'));
    other.exec(statement);
    other.close();
    const rest = await RuntimeProcess.start(t, { dataDirectory: directory });
    const { items } = await rest.done('GET', '/v1/load-balancers');
    assert.ok(items.length < 10, `${items.length}`);
    await rest.end('SIGKILL');
  }
  const again = await RuntimeProcess.start(t, { dataDirectory });
  assert.equal((await again.done('GET', '/v1/load-balancers')).items.length, 10);
});

test('writes are refused while the database file is gone or another one has its place, and work once it is back', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const write = async (id = 'new') => (await runtime.call('PUT', `/v1/load-balancers/${id}`, {})).status;
  assert.equal(await write('old'), 200);
  const file = join(runtime.dataDirectory, 'weir.db');
  renameSync(file, `${file}.away`);
  const { status, body } = await runtime.call('PUT', '/v1/load-balancers/other', {});
  assert.equal(status, 503);
  assert.match(body.message, /because the database file is gone or another one has its place: put it back/);
  cpSync(`${file}.away`, file);
  assert.equal(await write(), 503);
  assert.equal((await runtime.call('GET', '/v1/load-balancers')).status, 200);
  renameSync(`${file}.away`, file);
  await until('a write', async () => (await write()) === 200 || undefined);
});
