// The layers of the source tree: allowed imports, and no circles.
import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { circlesOf } from './circles.ts';
import { type Import, importsOf, sourceFiles } from './imports.ts';
import { LAYERS, type Layer } from './layers.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = sourceFiles(ROOT);
const IMPORTS = FILES.flatMap((file) => importsOf(ROOT, file));

test('every file belongs to a layer and imports only what its layer may', () => {
  assert.ok(IMPORTS.length > 1000);
  const strays = FILES.filter((file) => layerOf(file) === undefined);
  assert.deepEqual(strays, []);
  const forbidden = IMPORTS.filter((each) => !isAllowed(each)).map(({ from, to }) => `${from} imports ${to}`);
  assert.deepEqual(forbidden, []);
});

test('every layer in the table, and every name that it may import, exists in the tree', () => {
  const isThere = (name: string) => FILES.some((file) => isBelow(file, name));
  // The table of layers already names these files, although they do not exist yet.
  const later = ['node', 'restore', 'certificate'].map((command) => `provider/cli/commands/${command}.ts`);
  const absent = LAYERS.flatMap(({ name, imports, types = [] }) => [name, ...imports, ...types]);
  assert.deepEqual(
    absent.filter((name) => !isThere(name) && !later.includes(name)),
    [],
  );
});

test('no files import each other in a circle', () => {
  assert.deepEqual(circlesOf(IMPORTS.map(({ from, to }) => [from, to])), []);
});

test('no folders import each other in a circle', () => {
  const between = IMPORTS.map(({ from, to }) => [dirname(from), dirname(to)] as const);
  assert.deepEqual(circlesOf(between.filter(([from, to]) => from !== to)), []);
});

test('a circle is found without the nodes that only lead to it', () => {
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'b'],
    ['c', 'd'],
    ['d', 'd'],
    ['e', 'a'],
  ] as const;
  assert.deepEqual(circlesOf(edges), [['d'], ['b', 'c']]);
});

function isAllowed({ from, to, isType }: Import): boolean {
  const [layer, target] = [layerOf(from), layerOf(to)];
  if (layer === undefined || target === undefined || layer === target) return true;
  const allowed = [...layer.imports, ...(isType ? (layer.types ?? []) : [])];
  return allowed.some((name) => isBelow(to, name));
}

/** Returns the layer of a file: among the layers whose name contains the file, the one with the longest name. */
function layerOf(file: string): Layer | undefined {
  const holding = LAYERS.filter(({ name }) => isBelow(file, name));
  return holding.sort((a, b) => b.name.length - a.name.length)[0];
}

function isBelow(file: string, name: string): boolean {
  return file === name || file.startsWith(`${name}/`);
}
