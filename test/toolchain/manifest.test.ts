// package.json in its source form and its published form, and the names of compiled files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compiledSpecifiers, publishedManifest, sourceManifest } from '../../.toolchain/publish/manifest.mjs';

const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
const manifest = JSON.parse(text);

test('the published package.json names compiled files only, for new and for old resolvers', () => {
  const published = publishedManifest(manifest);
  assert.deepEqual(published.exports, {
    '.': {
      types: './dist/sdk/index.d.ts',
      'module-sync': './dist/sdk/index.js',
      require: './dist/commonjs/sdk/index.js',
      default: './dist/sdk/index.js',
    },
    './provider': { types: './dist/provider/index.d.ts', default: './dist/provider/index.js' },
    './package.json': './package.json',
  });
  assert.deepEqual(published.bin, { weir: './dist/provider/cli/main.cjs' });
  assert.equal(published.main, './dist/commonjs/sdk/index.js');
  assert.deepEqual(
    Object.keys(published.exports['.'] ?? {}).slice(1, 3),
    ['module-sync', 'require'],
    'Node must find the ES module first, because the first condition that is met counts',
  );
  assert.equal(published.types, './dist/sdk/index.d.ts');
});

test('restoring gives the original file, and each conversion leaves its own result unchanged', () => {
  const published = publishedManifest(manifest);
  assert.equal(`${JSON.stringify(sourceManifest(published), null, 2)}\n`, text);
  assert.deepEqual(publishedManifest(published), published);
  assert.deepEqual(sourceManifest(manifest), manifest);
});

test('declarations name compiled files', () => {
  const before = [
    "import { a } from './a.ts';",
    "export type { B } from '../model/b.ts';",
    "type C = import('./c.ts').C;",
  ];
  const after = [
    "import { a } from './a.js';",
    "export type { B } from '../model/b.js';",
    "type C = import('./c.js').C;",
  ];
  assert.deepEqual(before.map(compiledSpecifiers), after);
  assert.deepEqual(after.map(compiledSpecifiers), after);
  assert.equal(compiledSpecifiers("const text = 'see ./a.ts';"), "const text = 'see ./a.ts';");
});
