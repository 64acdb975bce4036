// The tree of unit tests mirrors the tree of sources, and test helpers are only in test/harness.
import assert from 'node:assert/strict';
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../harness/machine/tree.ts';

const UNIT = 'test/unit';
/** Folders whose subfolders the unit tests may mirror. */
const SOURCES = ['provider', '.', 'test'];

const files = globSync(`${UNIT}/**/*.ts`, { cwd: ROOT }).map((file) => file.slice(UNIT.length + 1));

test('each folder of unit tests has the name of the folder that it tests', () => {
  const folders = [...new Set(files.map((file) => dirname(file)))];
  const isMirror = (folder: string) => SOURCES.some((source) => existsSync(join(ROOT, source, folder)));
  assert.deepEqual(
    folders.filter((folder) => !isMirror(folder)),
    [],
  );
});

test('folders of unit tests contain only tests', () => {
  assert.deepEqual(
    files.filter((file) => !/\.(test|types)\.ts$/.test(file)),
    [],
  );
});
