// The cache folder of the toolchain, and the search for commands in PATH.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { cacheFolder } from '../../.toolchain/cache.mjs';
import { findCommand, prepend } from '../../.toolchain/search-path.mjs';

test("the cache follows WEIR_CACHE, then XDG, then the platform's custom", () => {
  const rows: [NodeJS.ProcessEnv, NodeJS.Platform, string][] = [
    [{ WEIR_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux', '/c'],
    [{ XDG_CACHE_HOME: '/x' }, 'linux', '/x/weir'],
    [{ XDG_CACHE_HOME: '/x' }, 'darwin', '/x/weir'],
    [{ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/me/.cache/weir'],
    [{ WEIR_CACHE: '', XDG_CACHE_HOME: '' }, 'linux', '/home/me/.cache/weir'],
    [{}, 'darwin', '/home/me/Library/Caches/weir'],
  ];
  for (const [env, platform, expected] of rows) assert.equal(cacheFolder(env, platform, '/home/me'), expected);
});

test('folders are put before PATH once, however often that is done', () => {
  assert.equal(prepend(['/a', '/b c'], '/usr/bin:/bin'), '/a:/b c:/usr/bin:/bin');
  assert.equal(prepend(['/a', '/b c'], prepend(['/a', '/b c'], '/usr/bin:/bin')), '/a:/b c:/usr/bin:/bin');
  assert.equal(prepend(['/a'], undefined), '/a');
});

test('a command is the first executable file of its name', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'weir path '));
  t.after(() => rmSync(folder, { recursive: true }));
  const [directory, plain, first, second] = ['directory', 'plain', 'first', 'second'].map((name) => {
    mkdirSync(path.join(folder, name));
    return path.join(folder, name);
  }) as [string, string, string, string];
  mkdirSync(path.join(directory, 'tool'));
  for (const place of [plain, first, second]) writeFileSync(path.join(place, 'tool'), '');
  chmodSync(path.join(plain, 'tool'), 0o644);
  for (const place of [first, second]) chmodSync(path.join(place, 'tool'), 0o755);
  const searchPath = ['', 'relative', path.join(folder, 'absent'), directory, plain, first, second].join(
    path.delimiter,
  );
  assert.equal(findCommand('tool', searchPath), path.join(first, 'tool'));
  assert.equal(findCommand('other', searchPath), undefined);
  assert.equal(findCommand('tool', undefined), undefined);
});
