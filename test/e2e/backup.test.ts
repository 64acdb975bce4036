// `weir backup` of a running runtime and `weir restore`, with the real commands and a kill in the middle.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { makePair, servedName } from '../harness/machine/certificates.ts';
import { SmallDisk } from '../harness/machine/small-disk.ts';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';

function weir(args: readonly string[], runtime?: RuntimeProcess, token = runtime?.token) {
  const env = { ...process.env, WEIR_ENDPOINT: runtime?.url ?? '', WEIR_TOKEN: token ?? '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { env, encoding: 'utf8' });
  assert.doesNotMatch(stderr, /\n\s+at /);
  return { status, text: stdout + stderr };
}

async function running(t: TestContext) {
  const runtime = await RuntimeProcess.start(t);
  const port = await freePort();
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = { loadBalancerId: 'lb', protocol: 'HTTPS', port, certificates: { main: makePair(['a.example']) } };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  return { runtime, port };
}

function keyOf({ dataDirectory }: RuntimeProcess): string {
  return join(dataDirectory, 'master-key');
}

test('a backup under writes is of one moment, and restores the runtime with its id, secrets and tokens elsewhere', async (t) => {
  const { runtime, port } = await running(t);
  const made = await makeToken(runtime, ['slb:Describe* on *']);
  const id = (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime');
  const folder = temporaryDirectory(t);
  const file = join(folder, 'weir.backup');
  const tags = (value: number) => ({
    tags: Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t${i}`, `${value}`.repeat(50)])),
  });
  let acknowledged = -1;
  let isOver = false;
  const writer = (async () => {
    for (let value = 0; !isOver; value++) {
      await runtime.done('PUT', '/v1/load-balancers/first', tags(value));
      await runtime.done('PUT', '/v1/load-balancers/second', tags(value));
      acknowledged = value;
    }
  })();
  const { token } = await makeToken(runtime, ['slb:CreateBackup on runtime']);
  const env = { ...process.env, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: token };
  const atStart = acknowledged;
  const child = spawn(process.execPath, [MAIN, 'backup', file], { env, stdio: ['ignore', 'inherit', 'pipe'] });
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  assert.deepEqual(await once(child, 'close'), [0, null], told);
  isOver = true;
  await writer;
  assert.match(told, new RegExp(`^wrote ${file}: the objects and tokens of runtime ${id}, \\d+ bytes\\n.*key file`));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['weir.backup']);
  assert.deepEqual(
    readdirSync(runtime.dataDirectory).filter((name) => /backup/.test(name)),
    [],
  );
  await runtime.end('SIGTERM');

  const dataDirectory = join(temporaryDirectory(t), 'new');
  const noKey = weir(['restore', file, '--data', dataDirectory]);
  assert.deepEqual([noKey.status, /key file \S+new\/master-key is missing/.test(noKey.text)], [1, true], noKey.text);
  assert.ok(!existsSync(join(dataDirectory, 'weir.db')));
  writeFileSync(join(dataDirectory, 'master-key'), Buffer.alloc(32), { mode: 0o600 });
  assert.match(weir(['restore', file, '--data', dataDirectory]).text, /holds another key/);
  copyFileSync(keyOf(runtime), join(dataDirectory, 'master-key'));
  const done = weir(['restore', file, '--data', dataDirectory]);
  assert.match(
    done.text,
    new RegExp(`^restored ${dataDirectory}/weir.db: version \\d+ of runtime ${id}, with 4 objects and 2 tokens\\n$`),
  );
  assert.equal(done.status, 0);
  assert.equal(statSync(join(dataDirectory, 'weir.db')).mode & 0o777, 0o600);
  const restored = await RuntimeProcess.start(t, { dataDirectory });
  assert.equal((await restored.call('GET', '/healthz')).headers.get('x-weir-runtime'), id);
  assert.equal(await servedName(port), 'a.example');
  assert.equal((await restored.call('GET', '/v1/listeners/web', undefined, made.headers)).status, 200);
  const valueIn = async (name: string) => {
    const { body } = await restored.call('GET', `/v1/load-balancers/${name}`);
    const [text = '', ...others] = new Set(Object.values<string>(body.tags));
    assert.deepEqual(others, []);
    return Number(text.slice(0, text.length / 50));
  };
  const [first, second] = [await valueIn('first'), await valueIn('second')];
  assert.ok(first - second <= 1 && first >= second && second >= atStart, `${first} ${second}`);
});

test('a restore refuses a directory in use, a database that is there, and what is no whole backup', async (t) => {
  const { runtime } = await running(t);
  const folder = temporaryDirectory(t);
  const file = join(folder, 'weir.backup');
  assert.equal(weir(['backup', file], runtime).status, 0);
  assert.match(weir(['backup', file], runtime).text, /weir\.backup already exists: name another file, or give --force/);
  await runtime.done('DELETE', '/v1/listeners/web');
  const whole = readFileSync(file);
  assert.equal(weir(['backup', file, '--force'], runtime).status, 0);
  writeFileSync(file, whole);
  const restore = (from: string, ...args: string[]) =>
    weir(['restore', from, '--data', runtime.dataDirectory, ...args]);
  assert.match(restore(file, '--force').text, /is in use by another weir runtime: stop that runtime/);
  await runtime.end('SIGKILL');
  assert.match(restore(file).text, /weir\.db is there: give --force to replace the database/);
  const bad: readonly (readonly [what: RegExp, content: Buffer | undefined])[] = [
    [/is not a backup: it is missing or empty/, undefined],
    [/is not a backup: it is missing or empty/, Buffer.alloc(0)],
    [/is damaged \(it is not a SQLite database\)/, Buffer.alloc(9000, 'x')],
    [/is damaged \(/, whole.subarray(0, 4096 * 3)],
  ];
  for (const [what, content] of bad) {
    const path = join(folder, 'bad');
    rmSync(path, { force: true });
    if (content !== undefined) writeFileSync(path, content);
    const { status, text } = restore(path, '--force');
    assert.equal(status, 1);
    assert.match(text, what);
    assert.match(text, /^weir: .*\/bad /);
  }
  // The log of the database that is replaced must not be applied to the restored one.
  assert.ok(statSync(join(runtime.dataDirectory, 'weir.db-wal')).size > 0);
  assert.equal(restore(file, '--force').status, 0);
  const again = await RuntimeProcess.start(t, { dataDirectory: runtime.dataDirectory });
  assert.equal((await again.call('GET', '/v1/listeners/web')).status, 200);
  assert.equal(again.token, runtime.token);
});

test('a backup that fails leaves no file: without permission, on a full disk, and without a runtime', async (t) => {
  const { runtime } = await running(t);
  const folder = temporaryDirectory(t);
  const other = await makeToken(runtime, ['slb:Describe* on *', 'slb:CreateBackup on loadbalancer/*']);
  const file = join(folder, 'weir.backup');
  assert.match(weir(['backup', file], runtime, other.token).text, /needs slb:CreateBackup on runtime/);
  assert.match(weir(['backup', join(folder, 'none', 'file')], runtime).text, /none does not exist/);
  mkdirSync(join(folder, 'folder'));
  assert.match(weir(['backup', join(folder, 'folder'), '--force'], runtime).text, /folder is not a file/);
  const own = join(runtime.dataDirectory, 'weir.db');
  assert.match(weir(['backup', own, '--force'], runtime).text, /is the data directory of a runtime: name another file/);
  const disk = await SmallDisk.mount(t, '64k');
  disk.fill();
  const [program = '', ...enter] = disk.enter;
  const env = { ...process.env, WEIR_ENDPOINT: runtime.url, WEIR_TOKEN: runtime.token };
  const full = spawnSync(program, [...enter, process.execPath, MAIN, 'backup', join(disk.folder, 'b')], {
    env,
    encoding: 'utf8',
  });
  assert.equal(full.status, 1);
  assert.match(full.stderr, /\/b cannot be written: ENOSPC: no space left on device/);
  assert.deepEqual(readdirSync(disk.seen), ['filler']);
  await runtime.end('SIGKILL');
  assert.match(weir(['backup', file], runtime).text, /no Weir runtime responds/);
  assert.deepEqual(readdirSync(folder), ['folder']);
});
