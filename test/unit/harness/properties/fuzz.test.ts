// `npm run fuzz` on a test file with a planted fault: it finds and keeps the fault, and later runs begin with it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../../harness/machine/tree.ts';
import { temporaryDirectory } from '../../../harness/runtime/runtime.ts';

/**
 * Properties with a planted fault. With fuzzing they fail for every number above 100, and without it only for 101,
 * which the committed seed does not draw.
 */
const FAULTS: readonly (readonly [what: string, property: string, kept: object])[] = [
  ['values that JSON can express', 'fc.property(fc.nat(), isFine)', { values: [101] }],
  [
    'values that JSON cannot express',
    'fc.property(fc.nat().map((n) => new Map([[n, n]])), (map) => isFine([...map.keys()][0]))',
    {},
  ],
  ['values of an asynchronous property', 'fc.asyncProperty(fc.nat(), async (n) => isFine(n))', { values: [101] }],
];

for (const [what, property, expected] of FAULTS) {
  test(`a fault is found, kept once and run first: ${what}`, (t) => {
    const folder = temporaryDirectory(t);
    const [file, examples] = [join(folder, 'planted.test.ts'), join(folder, 'examples.json')];
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const lines = [
      "import { describe, test } from 'node:test';",
      "import fc from 'fast-check';",
      `import { assertHolds } from '${ROOT}test/harness/properties/properties.ts';`,
      'const isFine = (n) => n <= 100 || (n !== 101 && process.env.FUZZ_REPORTS === undefined);',
      `describe('planted', () => test('a fault (1)', () => assertHolds(${property})));`,
    ];
    writeFileSync(file, lines.join('\n'));
    const { NODE_TEST_CONTEXT: _ours, ...environment } = process.env;
    const run = (...args: string[]) => {
      const env = { ...environment, TEST_EXAMPLES: examples };
      return spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' });
    };

    assert.equal(run(file).status, 0, 'nothing is known yet');
    const fuzzed = run('test/fuzz.ts', '--rounds', '3', file);
    assert.equal(fuzzed.status, 1, fuzzed.stdout + fuzzed.stderr);
    assert.match(fuzzed.stdout, /FOUND, and kept: .*planted\.test\.ts: planted > a fault \(1\)/);
    const [[, kept] = ['', []], ...others] = Object.entries<object[]>(JSON.parse(readFileSync(examples, 'utf8')));
    assert.deepEqual(others, []);
    if ('values' in expected) assert.deepEqual(kept, [expected]);
    else assert.deepEqual(kept.map(Object.keys), [['seed', 'path']]);

    const { status, stdout } = run(file);
    assert.equal(status, 1);
    assert.match(stdout, /Property failed after 1 tests/);
    assert.match(stdout, /seed: \d+, path: "\d/);
    assert.match(stdout, /Counterexample: .*101/);
  });
}

test('a file without a property is not run, and an invalid time is refused', () => {
  const { NODE_TEST_CONTEXT: _ours, ...env } = process.env;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['test/fuzz.ts', ...args], { cwd: ROOT, env, encoding: 'utf8' });
  const { status, stdout } = run('test/unit/harness/machine/left-processes.test.ts');
  assert.deepEqual([status, stdout], [0, 'no failure found\n']);
  assert.equal(run('--minutes', '0').status, 2);
});
