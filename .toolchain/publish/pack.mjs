// The hooks of `npm pack` and `npm publish`: `prepare` compiles to dist/ and adapts package.json, `restore` undoes it.

import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { exec } from '../exec.mjs';
import { step } from '../progress.mjs';
import { bundleCommand } from './bundle.mjs';
import { commonJs, importedFiles } from './common-js.mjs';
import { COMMAND, COMMON_JS, compiledSpecifiers, publishedManifest, sourceManifest } from './manifest.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = path.join(root, 'dist');
const manifestFile = path.join(root, 'package.json');

async function prepare() {
  rmSync(dist, { recursive: true, force: true });
  await compile();
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (entry.name.endsWith('.d.ts')) rewrite(path.join(entry.parentPath, entry.name), compiledSpecifiers);
  }
  await compileCommonJs('sdk/index.js');
  await step('bundling the command', () =>
    bundleCommand(root, path.join(root, COMMAND), path.join(root, COMMAND, 'LICENSES.txt')),
  );
  rewriteManifest(publishedManifest);
  for (const file of Object.values(readManifest().bin)) chmodSync(path.join(root, file), 0o755);
}

async function compile() {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = fileURLToPath(new URL('tsconfig.json', import.meta.url));
  // npm reads the tarball's name from standard output (`npm pack --json`), so the compiler must write nothing there.
  await step('compiling the package', () => exec(process.execPath, [compiler, '-p', project]));
}

/**
 * Compiles a file of dist, and every file that it imports, to CommonJS.
 * @param {string} entry Path of the file in dist.
 */
async function compileCommonJs(entry) {
  const folder = path.join(root, COMMON_JS);
  const { default: ts } = await import('typescript');
  const found = new Set([entry]);
  // The loop also visits the files that it adds.
  for (const file of found) {
    const text = readFileSync(path.join(dist, file), 'utf8');
    for (const imported of importedFiles(text)) found.add(path.posix.join(path.posix.dirname(file), imported));
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), commonJs(ts, text));
  }
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');
}

/**
 * Rewrites package.json with the result of `change`.
 * @param {(manifest: import('./manifest.mjs').Manifest) => import('./manifest.mjs').Manifest} change
 */
function rewriteManifest(change) {
  rewrite(manifestFile, () => `${JSON.stringify(change(readManifest()), null, 2)}\n`);
}

/**
 * Reads package.json.
 * @returns {import('./manifest.mjs').Manifest}
 */
function readManifest() {
  return JSON.parse(readFileSync(manifestFile, 'utf8'));
}

/**
 * Rewrites a file with the result of `change`. A file that stays the same is not written.
 * @param {string} file
 * @param {(text: string) => string} change
 */
function rewrite(file, change) {
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after !== before) writeFileSync(file, after);
}

const [command] = process.argv.slice(2);
if (command === 'prepare') await prepare();
else if (command === 'restore') rewriteManifest(sourceManifest);
else {
  process.stderr.write('usage: node .toolchain/publish/pack.mjs prepare|restore\n');
  process.exit(2);
}
