// What a runtime keeps for itself: its data directory, the administrator's token in it, and that token in the home folder.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';

function modesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
  );
}

function prune(home: string, args: readonly string[] = []): string {
  const env = { ...process.env, HOME: home, WEIR_ENDPOINT: '', WEIR_TOKEN: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'token', 'prune', ...args], {
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

async function idOf(runtime: RuntimeProcess): Promise<string> {
  return (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
}

test('a data directory of any mode gets private files, and others who may enter it are a warning', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  // What an older release has left with the modes of its umask.
  for (const name of ['weir.db', 'lock']) writeFileSync(join(dataDirectory, name), '', { mode: 0o666 });
  writeFileSync(join(dataDirectory, 'admin-token'), '', { mode: 0o644 });
  chmodSync(dataDirectory, 0o777);
  const umask = process.umask(0);
  const starting = RuntimeProcess.start(t, { dataDirectory });
  process.umask(umask);
  const runtime = await starting;
  await runtime.done('PUT', '/v1/load-balancers/lb', {});
  const modes = modesIn(dataDirectory);
  assert.deepEqual(modes, Object.fromEntries(Object.keys(modes).map((name) => [name, '600'])));
  for (const name of ['admin-token', 'lock', 'weir.db', 'weir.db-wal']) assert.ok(name in modes, name);
  assert.match(runtime.token, /^weir_[\w-]{43}$/);
  assert.match(runtime.log(), /others may enter the data directory \S+ \(mode 777\): run chmod 700 on it/);
});

test('a file of the administrator token that others may read, or that is no whole token, is refused and kept', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const file = join(dataDirectory, 'admin-token');
  const token = `weir_${'x'.repeat(43)}`;
  const write = (text: string, mode = 0o600) => {
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  const replaceBy = (command: string, ...args: readonly string[]) => {
    rmSync(file, { recursive: true });
    assert.equal(spawnSync(command, [...args, file]).status, 0);
  };
  const refused: readonly (readonly [refusal: RegExp, prepare: () => void])[] = [
    [/is open to other users \(mode 644\): run chmod 600 on it/, () => write(token, 0o644)],
    [/is open to other users \(mode 640\)/, () => write(token, 0o640)],
    [/is open to other users \(mode 602\)/, () => write(token, 0o602)],
    [/is damaged: .* and has 1 characters; delete the file/, () => write('x')],
    [/is damaged/, () => write(token.slice(0, -1))],
    [/is damaged/, () => write(`${token} ${token}`)],
    [/is damaged/, () => write(`${token}\n${token}\n`)],
    [/is damaged: it has 5000 bytes/, () => write('x'.repeat(5000))],
    [/is not a file/, () => replaceBy('mkdir')],
    [/is not a file/, () => replaceBy('mkfifo', '-m', '600')],
  ];
  for (const [refusal, prepare] of refused) {
    prepare();
    const before = statSync(file).isFile() && readFileSync(file, 'utf8');
    await assert.rejects(RuntimeProcess.start(t, { dataDirectory }), (error: Error) => {
      assert.match(error.message, /weir: the file of the administrator's token \S+admin-token is /);
      assert.match(error.message, refusal);
      assert.doesNotMatch(error.message, /weir_x|\n\s+at /);
      return true;
    });
    assert.equal(statSync(file).isFile() && readFileSync(file, 'utf8'), before);
  }
  write(`${token}\n`);
  if (process.getuid?.() === 0) {
    chownSync(file, 1, 1);
    await assert.rejects(RuntimeProcess.start(t, { dataDirectory }), /belongs to another user \(uid 1\)/);
    chownSync(file, 0, 0);
  }
  // The token was put in place in advance: no runtime has locked the directory before.
  assert.equal((await RuntimeProcess.start(t, { dataDirectory })).token, token);
});

test('a file of the store that is no file of its own user is refused, and left as it is', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const elsewhere = join(temporaryDirectory(t), 'elsewhere');
  writeFileSync(elsewhere, 'x', { mode: 0o644 });
  const isRoot = process.getuid?.() === 0;
  for (const name of ['weir.db', 'lock', 'weir.db-wal', 'lock-journal']) {
    const file = join(dataDirectory, name);
    const refused: readonly (readonly [refusal: RegExp, prepare: () => void])[] = [
      [/is a symbolic link, not a file/, () => symlinkSync(elsewhere, file)],
      [/is a symbolic link, not a file/, () => symlinkSync(join(dataDirectory, 'nowhere'), file)],
      [/is not a file/, () => mkdirSync(file)],
      [/is not a file/, () => spawnSync('mkfifo', [file])],
    ];
    for (const [refusal, prepare] of refused) {
      rmSync(file, { recursive: true, force: true });
      prepare();
      await assert.rejects(RuntimeProcess.start(t, { dataDirectory }), refusal);
    }
    rmSync(file, { recursive: true });
    if (!isRoot) continue;
    writeFileSync(file, '', { mode: 0o600 });
    chownSync(file, 1, 1);
    await assert.rejects(RuntimeProcess.start(t, { dataDirectory }), /belongs to another user \(uid 1\): run chown/);
    rmSync(file);
  }
  assert.deepEqual([(statSync(elsewhere).mode & 0o777).toString(8), readFileSync(elsewhere, 'utf8')], ['644', 'x']);
});

test('a token in the home folder goes with its runtime at a clean end, else by weir token prune', async (t) => {
  const home = temporaryDirectory(t);
  const root = join(home, '.weir');
  const clean = await RuntimeProcess.start(t, { home });
  const cleanId = await idOf(clean);
  assert.deepEqual(modesIn(join(root, cleanId)), { 'runtime.json': '600', token: '600' });
  assert.equal(await clean.end('SIGTERM'), 0);
  assert.deepEqual(readdirSync(root), []);
  assert.equal(prune(home), 'No tokens in ~/.weir.\n');

  const start = (dataDirectory?: string) =>
    RuntimeProcess.start(t, { home, ...(dataDirectory && { dataDirectory, args: ['--init'] }) });
  const [running, killed, removed] = [await start(), await start(), await start()];
  const ids = [await idOf(running), await idOf(killed), await idOf(removed)] as const;
  await killed.end('SIGKILL');
  await removed.end('SIGKILL');
  rmSync(removed.dataDirectory, { recursive: true });
  mkdirSync(join(root, 'by-hand'));
  writeFileSync(join(root, 'by-hand', 'token'), 'weir_a');
  mkdirSync(join(root, 'elsewhere'));
  const place = { dataDirectory: '/nowhere', host: 'another-machine' };
  writeFileSync(join(root, 'elsewhere', 'runtime.json'), JSON.stringify(place));
  writeFileSync(join(root, 'elsewhere', 'token'), 'weir_b');
  const shown = prune(home);
  assert.match(shown, new RegExp(`^${ids[0]} +\\S+ +kept: its runtime runs *$`, 'm'));
  assert.match(shown, new RegExp(`^${ids[1]} +\\S+ +removed *$`, 'm'));
  assert.match(shown, new RegExp(`^${ids[2]} +\\S+ +removed *$`, 'm'));
  assert.match(shown, /^by-hand +kept: does not say where its runtime is *$/m);
  assert.match(shown, /^elsewhere +\/nowhere +kept: its runtime is on another-machine *$/m);
  assert.deepEqual(readdirSync(root).sort(), [ids[0], 'by-hand', 'elsewhere'].sort());
  prune(home, ['--all']);
  assert.deepEqual(readdirSync(root), [ids[0]]);

  // A new runtime of the same directory replaces what the killed one has left.
  await running.end('SIGKILL');
  rmSync(join(running.dataDirectory, 'weir.db'));
  const next = await start(running.dataDirectory);
  assert.deepEqual(readdirSync(root), [await idOf(next)]);
});

test('whatever stands in ~/.weir holds up neither a start nor the removal of the other tokens', async (t) => {
  const home = temporaryDirectory(t);
  const root = join(home, '.weir');
  const killed = await RuntimeProcess.start(t, { home });
  const id = await idOf(killed);
  await killed.end('SIGKILL');
  const folder = (name: string) => {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'token'), 'weir_a');
    return join(root, name, 'runtime.json');
  };
  spawnSync('mkfifo', [folder('a-pipe')]);
  mkdirSync(folder('b-folder'));
  writeFileSync(folder('c-large'), ' '.repeat(10_000_000));
  symlinkSync('/dev/zero', folder('d-device'));
  mkdirSync(join(root, 'e-token-pipe'));
  spawnSync('mkfifo', [join(root, 'e-token-pipe', 'token')]);
  symlinkSync('f-loop', join(root, 'f-loop'));
  symlinkSync(join(root, 'c-large'), join(root, 'g-link'));
  symlinkSync('/nowhere', join(root, 'h-nowhere'));
  if (process.getuid?.() === 0) {
    const foreign = folder('i-foreign');
    writeFileSync(foreign, '{}');
    chownSync(foreign, 1, 1);
  }
  const next = await RuntimeProcess.start(t, { home });
  assert.deepEqual(readdirSync(join(root, await idOf(next))).sort(), ['runtime.json', 'token']);
  const shown = prune(home);
  assert.match(shown, new RegExp(`^${id} +\\S+ +removed *$`, 'm'));
  assert.match(shown, /^a-pipe +kept: the file \S+ is not a file/m);
  assert.match(shown, /^b-folder +kept: the file \S+ is not a file/m);
  assert.match(shown, /^c-large +kept: the file \S+ is damaged: it has 10000000 bytes/m);
  assert.match(shown, /^d-device +kept: the file \S+ is not a file/m);
  assert.match(shown, /^e-token-pipe +kept: its token is not a file/m);
  assert.match(shown, /^f-loop +kept: it is not a folder/m);
  assert.match(shown, /^g-link +kept: it is not a folder/m);
  if (process.getuid?.() === 0) assert.match(shown, /^i-foreign +kept: the file \S+ belongs to another user/m);
  assert.equal(await next.end('SIGTERM'), 0);
});

test('a home folder that cannot be written is a warning, and the runtime starts and ends', async (t) => {
  const home = temporaryDirectory(t);
  writeFileSync(join(home, '.weir'), 'a file where the folder should be');
  const runtime = await RuntimeProcess.start(t, { home });
  assert.match(runtime.log(), /"level":40.*the administrator's token in ~\/.weir is not up to date/);
  assert.equal(prune(home), 'No tokens in ~/.weir.\n');
  assert.equal(await runtime.end('SIGTERM'), 0);
  const { token, dataDirectory } = runtime;
  renameSync(join(dataDirectory, 'admin-token'), join(dataDirectory, 'kept'));
  const env = { ...process.env, HOME: '/proc/nowhere', WEIR_TOKEN: token };
  assert.equal(existsSync(env.HOME), false);
  const nowhere = await RuntimeProcess.start(t, { dataDirectory, home: env.HOME });
  assert.notEqual(nowhere.token, token);
  assert.equal(await nowhere.end('SIGTERM'), 0);
});
