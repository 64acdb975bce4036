// Version numbers, which decide whether an installed program is new enough.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast, parseVersion } from '../../.toolchain/versions.mjs';

test('a version is read with and without v, patch, pre-release and build', () => {
  const rows: [string, [number, number, number] | undefined][] = [
    ['v3.250.0', [3, 250, 0]],
    ['24.1.0-rc.1', [24, 1, 0]],
    ['3.9', [3, 9, 0]],
    ['3.250.0+dirty\n', [3, 250, 0]],
    ['', undefined],
    ['3', undefined],
    ['pulumi 3.250.0', undefined],
    ['3.250.0.1', undefined],
  ];
  for (const [text, expected] of rows) assert.deepEqual(parseVersion(text), expected, text);
});

test('versions compare number by number, not letter by letter', () => {
  const rows: [string, string, boolean][] = [
    ['v22.19.0', '22.19.0', true],
    ['22.9.0', '22.19.0', false],
    ['24.0.0', '22.19.0', true],
    ['v3.249.9', '3.250.0', false],
    ['3.250.1', '3.250.0', true],
    ['4.0.0', '3.250.0', true],
    ['', '3.250.0', false],
    ['unknown', '3.250.0', false],
  ];
  for (const [version, minimum, expected] of rows) {
    assert.equal(isAtLeast(version, minimum), expected, `${version} >= ${minimum}`);
  }
});
