// The documents for contributors, provider/README.md and test/bench/README.md: their commands, files and folders exist.
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseOptions } from '../../bench/options.ts';
import { parseMarkdown, readDocument, spansOf } from '../../harness/documents/blocks.ts';
import { tour } from '../../harness/documents/tour.ts';
import { ROOT } from '../../harness/machine/tree.ts';
import { LAYERS } from '../../house/layers.ts';

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const HOUSE = join(ROOT, 'provider');

/** Stands in for a command that takes minutes: checks only that package.json has the script. */
const hasScript = (name: string) => () => assert.ok(name in scripts, name);
/** Stands in for a run of the benchmark, which takes minutes: checks only that the benchmark accepts the arguments. */
const bench =
  (...args: string[]) =>
  () => {
    hasScript('bench')();
    parseOptions(args);
  };

test('the commands of provider/README.md exist and accept the arguments', async (t) => {
  await tour(t, 'provider/README.md', {
    drawings: { '  sdk/                     classes and components of a program': showsLayers },
    instead: {
      'npm run check': hasScript('check'),
      'npm run format': hasScript('format'),
      'npm test': hasScript('test'),
      "npm test -- 'test/unit/**/*.test.ts'": () =>
        assert.ok(globSync('test/unit/**/*.test.ts', { cwd: ROOT }).length > 100),
      'npm run fuzz -- --minutes 30': hasScript('fuzz'),
      'npm run bench': bench(),
    },
  });
});

test('the benchmark accepts the arguments in test/bench/README.md', async (t) => {
  await tour(t, 'test/bench/README.md', {
    instead: {
      'npm run bench': bench(),
      'npm run bench -- --quick': bench('--quick'),
      'npm run bench -- --json': bench('--json'),
      'npm run bench -- --quick --against ../main': bench('--quick', '--against', '../main'),
      'npm run bench -- --against ../main': bench('--against', '../main'),
      'npm run bench -- --goal idle': bench('--goal', 'idle'),
      'npm run bench -- --bound mass --write': bench('--bound', 'mass', '--write'),
      'npm run bench -- --soak 30 --write': bench('--soak', '30', '--write'),
      'npm run bench -- --install': bench('--install'),
      'npm run bench -- --bound mass': bench('--bound', 'mass'),
      'npm run bench -- --bound slowReaders --reader-seconds 600': bench(
        ...['--bound', 'slowReaders', '--reader-seconds', '600'],
      ),
    },
  });
});

test('every file and folder that provider/README.md names exists', () => {
  const named = spansOf(parseMarkdown(readDocument('provider/README.md'))).filter((span) =>
    /^[\w./-]+(\.ts|\.json|\/)$/.test(span),
  );
  assert.ok(named.length > 60);
  // source-list.ts belongs to the invented resource type by which the document explains how to add one.
  const missing = named.filter((path) => !/source-list\.ts$/.test(path) && !existsSync(join(HOUSE, path)));
  assert.deepEqual(
    missing.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('every file that provider/README.md names for an identifier contains this identifier', () => {
  const text = readDocument('provider/README.md');
  const said = [
    ...text.matchAll(/`(\w+)` in `([\w./-]+\.ts)`/g),
    // In a row of a table, the first cell is the file and the second cell begins with the identifier.
    ...[...text.matchAll(/^\| `([\w./-]+\.ts)` \| `(\w+)`:/gm)].map(([all, file, name]) => [all, name, file] as const),
  ];
  assert.ok(said.length >= 10);
  const missing = said.filter(([, name = '', file = '']) => !readFileSync(join(HOUSE, file), 'utf8').includes(name));
  assert.deepEqual(
    missing.map(([all]) => all),
    [],
  );
});

/** Checks the drawing of the layers: its names exist, and no layer of the first two levels is missing. */
function showsLayers(drawing: string): void {
  const found = new Set<string>();
  let above = ['', '', ''];
  for (const line of drawing.split('\n')) {
    const [, indent = '', names = ''] = /^( *)((?:[\w.-]+(?:\/|\.ts)(?:, | )?)+)/.exec(line) ?? [];
    if (names === '') continue;
    // In the drawing, `sdk/` and `provider/` are indented by 2 spaces, and each level below by 2 more.
    const level = indent.length / 2 - 1;
    const parent = level === 0 ? '' : (above[level - 1] ?? '');
    for (const name of names.trim().split(/, | /)) {
      const path = `${parent}${name}`;
      assert.ok(existsSync(join(ROOT, path)), `the drawing contains ${path}, which does not exist`);
      found.add(path.replace(/\/$/, ''));
      above = [...above.slice(0, level), path];
    }
  }
  const top = LAYERS.map(({ name }) =>
    name.replace(/^(provider\/(?:model|runtime)\/[^/]+|provider\/(?!model|runtime)[^/]+|sdk).*$/, '$1'),
  );
  const drawn = top.filter((name) => /^(sdk|provider)/.test(name) && name !== 'provider/runtime/runtime.ts');
  assert.deepEqual(
    [...new Set(drawn)].filter((name) => !found.has(name)),
    [],
  );
}
