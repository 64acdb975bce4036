// What provider/README.md and test/bench/README.md say to who changes the code: folders, files and scripts that are there.
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

/** What takes minutes is checked instead: that the script is there, and takes what it is given. */
const hasScript = (name: string) => () => assert.ok(name in scripts, name);
const bench =
  (...args: string[]) =>
  () => {
    hasScript('bench')();
    parseOptions(args);
  };

test('the commands for who changes the code are there, and take what they are given', async (t) => {
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

test('the commands of the benchmark take what they are given', async (t) => {
  await tour(t, 'test/bench/README.md', {
    instead: {
      'npm run bench': bench(),
      'npm run bench -- --quick': bench('--quick'),
      'npm run bench -- --against ../main': bench('--against', '../main'),
      'npm run bench -- --install': bench('--install'),
    },
  });
});

test('each file and folder that provider/README.md names is there', () => {
  const named = spansOf(parseMarkdown(readDocument('provider/README.md'))).filter((span) =>
    /^[\w./-]+(\.ts|\.json|\/)$/.test(span),
  );
  assert.ok(named.length > 60);
  // The example of a new type of resource is made up.
  const missing = named.filter((path) => !/source-list\.ts$/.test(path) && !existsSync(join(HOUSE, path)));
  assert.deepEqual(
    missing.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
});

test('each thing that provider/README.md says to be in a file is there', () => {
  const text = readDocument('provider/README.md');
  const said = [
    ...text.matchAll(/`(\w+)` in `([\w./-]+\.ts)`/g),
    // Rows of tables: the name that a row begins with is in its file.
    ...[...text.matchAll(/^\| `([\w./-]+\.ts)` \| `(\w+)`:/gm)].map(([all, file, name]) => [all, name, file] as const),
  ];
  assert.ok(said.length >= 10);
  const missing = said.filter(([, name = '', file = '']) => !readFileSync(join(HOUSE, file), 'utf8').includes(name));
  assert.deepEqual(
    missing.map(([all]) => all),
    [],
  );
});

/** Each name in the drawing is a folder or a file, and no layer of a folder of the first and second level is left out. */
function showsLayers(drawing: string): void {
  const found = new Set<string>();
  let above = ['', '', ''];
  for (const line of drawing.split('\n')) {
    const [, indent = '', names = ''] = /^( *)((?:[\w.-]+(?:\/|\.ts)(?:, | )?)+)/.exec(line) ?? [];
    if (names === '') continue;
    // `sdk/` and `provider/` stand at 2; what is below at 4, and below that at 6.
    const level = indent.length / 2 - 1;
    const parent = level === 0 ? '' : (above[level - 1] ?? '');
    for (const name of names.trim().split(/, | /)) {
      const path = `${parent}${name}`;
      assert.ok(existsSync(join(ROOT, path)), `${path} is in the drawing`);
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
