// package.json in its two forms: as the repository runs it (TypeScript sources), and as it is published (compiled).

/**
 * The parts of package.json that differ between its two forms.
 * @typedef {string | { [condition: string]: string, default: string }} Entry
 * @typedef {{ exports: Record<string, Entry>, bin: Record<string, string>, main?: string, types?: string,
 *   [key: string]: unknown }} Manifest
 */

/** Folder of the files that are compiled to CommonJS a second time. */
export const COMMON_JS = 'dist/commonjs';
/** Folder of the bundled command. */
export const COMMAND = 'dist/provider/cli';

/**
 * The entry that has a CommonJS form for module loaders without ES modules, which Jest has by default. It is the SDK, the
 * only entry that programs import.
 */
const ENTRY_FOR_ALL = '.';

const SOURCE = /^\.\/(?!dist\/)(.+)\.ts$/;
const COMPILED = /^\.\/dist\/(.+)\.js$/;
const BUNDLED = /^\.\/dist\/(.+)\.cjs$/;

/**
 * The published form. Its entries point into dist, because Node does not strip types under node_modules. `main` and
 * `types` are for resolvers that do not know `exports`, such as the one of the TypeScript that Pulumi installs.
 *
 * Node takes the condition `module-sync` for `import` and for `require`, so that a program never has the SDK twice. Only
 * loaders that cannot load ES modules take `require`.
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function publishedManifest(manifest) {
  const exports = mapValues(manifest.exports, (entry, name) => {
    const file = typeof entry === 'string' ? SOURCE.exec(entry)?.[1] : undefined;
    if (file === undefined) return entry;
    const types = `./dist/${file}.d.ts`;
    const module = `./dist/${file}.js`;
    return name === ENTRY_FOR_ALL
      ? { types, 'module-sync': module, require: `./${COMMON_JS}/${file}.js`, default: module }
      : { types, default: module };
  });
  const bin = mapValues(manifest.bin, (entry) => entry.replace(SOURCE, './dist/$1.cjs'));
  const root = exports['.'];
  return typeof root === 'object'
    ? { ...manifest, exports, bin, main: root.require, types: root.types }
    : { ...manifest, exports, bin };
}

/**
 * The source form: the inverse of `publishedManifest`. A manifest in source form stays unchanged.
 * @param {Manifest} manifest
 * @returns {Manifest}
 */
export function sourceManifest({ main, types, ...manifest }) {
  return {
    ...manifest,
    exports: mapValues(manifest.exports, (entry) =>
      typeof entry === 'string' ? entry : entry.default.replace(COMPILED, './$1.ts'),
    ),
    bin: mapValues(manifest.bin, (entry) => entry.replace(BUNDLED, './$1.ts')),
  };
}

/**
 * A declaration file whose imports name compiled files. The compiler itself rewrites imports in code only.
 * @param {string} text
 */
export function compiledSpecifiers(text) {
  return text.replace(/(\bfrom |\bimport |\bimport\()(['"])(\.{1,2}\/[^'"]+)\.ts\2/g, '$1$2$3.js$2');
}

/**
 * Copies a record, with each value replaced by the result of `map`.
 * @template T, U
 * @param {Record<string, T>} record
 * @param {(value: T, key: string) => U} map
 * @returns {Record<string, U>}
 */
function mapValues(record, map) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
