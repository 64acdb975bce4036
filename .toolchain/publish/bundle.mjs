// The command `weir` as few files: a process that loads hundreds of modules takes twice as long to start.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

/** The file in which the process starts, and that of a worker thread. */
const MAIN = 'provider/cli/main.ts';
const WORKER = 'provider/runtime/embedded/worker/worker.ts';

/**
 * What a runtime loads one after another: first what turns the cache of compiled code on. Each has one file with all
 * that it imports and no earlier one has, because what only some commands need would otherwise have a file of its own.
 */
const STEPS = [
  'provider/cli/commands/quick-start.ts',
  'provider/cli/program.ts',
  'provider/cli/commands/serve.ts',
  'provider/runtime/api/server.ts',
];

const LICENSE = /^(licen[cs]e|copying)/i;
const OTHER_THAN_ASCII = /[^\0-\x7F]/g;

/** A module that one place loads with the start and another one when it is needed is loaded with the start. */
const checks = { ineffectiveDynamicImport: false };

/**
 * Bundles the command with all packages that it uses. The files are CommonJS modules, which Node loads in less time and
 * memory than ES modules. Names and lines stay, so that stack traces can be read.
 * @param {string} root Folder of the checkout.
 * @param {string} folder Where the files go.
 * @param {string} licenses File for the licenses of the packages.
 */
export async function bundleCommand(root, folder, licenses) {
  const modules = new Set();
  /** @type {(input: Record<string, string>, split: import('rolldown').OutputOptions['codeSplitting']) => Promise<void>} */
  const write = async (input, codeSplitting) => {
    const bundle = await rolldown({ input, cwd: root, platform: 'node', checks, onLog: refuse });
    const { output } = await bundle.write({
      dir: folder,
      format: 'cjs',
      codeSplitting,
      comments: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name].cjs',
      plugins: [{ name: 'ascii', generateBundle }],
    });
    await bundle.close();
    for (const file of output) if (file.type === 'chunk') for (const id of file.moduleIds) modules.add(id);
  };
  const groups = STEPS.map((step, at) => {
    return { name: path.basename(step, '.ts'), test: path.join(root, step), priority: STEPS.length - at };
  });
  await write({ main: path.join(root, MAIN) }, { groups });
  await write({ worker: path.join(root, WORKER) }, false);
  writeFileSync(licenses, licensesOf(new Set([...modules].flatMap(packageFolder))));
}

/**
 * The hook of the bundler before it writes.
 * @param {unknown} _options
 * @param {import('rolldown').OutputBundle} files
 */
function generateBundle(_options, files) {
  for (const file of Object.values(files)) if (file.type === 'chunk') file.code = inAscii(file.code);
}

/**
 * A warning may mean that the bundle does not do what the sources do.
 * @param {string} level
 * @param {{ message: string }} log
 */
function refuse(level, { message }) {
  if (level === 'warn') throw new Error(message);
}

/**
 * JavaScript text without characters other than ASCII, because V8 keeps a text with one of them in twice the memory.
 * They stand in strings and regular expressions, where their escapes mean the same.
 * @param {string} code
 */
export function inAscii(code) {
  return code.replace(OTHER_THAN_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * The folder of the installed package that a module belongs to; none for a module of Weir.
 * @param {string} module
 */
function packageFolder(module) {
  const [, folder] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(module) ?? [];
  return folder === undefined ? [] : [folder];
}

/**
 * The licenses of packages, each under the package's name and version.
 * @param {Set<string>} folders
 */
function licensesOf(folders) {
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    if (license === undefined) throw new Error(`${name} names no license`);
    const file = readdirSync(folder).find((each) => LICENSE.test(each));
    // A few packages only name their license and their author.
    const text = file === undefined ? (author?.name ?? author ?? '') : readFileSync(path.join(folder, file), 'utf8');
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return `The command weir contains these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
