// The columns of tables: which stay, and how wide they are, for any width of the terminal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../../../provider/cli/text/cells.ts';
import { laidOut, laidOutLine, layoutOf } from '../../../../provider/cli/text/columns.ts';

const COLUMNS = [
  { head: 'name', min: 4 },
  { head: 'weight', rank: 1 },
  { head: 'draining', rank: 2, omittedIfEmpty: 'narrow' as const },
  { head: 'error', min: 5, rank: 3 },
];

function rows(all: readonly string[][], cells: number | undefined): string[] {
  const layout = layoutOf(COLUMNS, all, cells);
  return [COLUMNS.map(({ head }) => head), ...all].map((row) => laidOut(row, layout));
}

test('without a limit nothing is cut; with one, columns without content go first, then the widest are cut', () => {
  const all = [['a-long-name', '100', '0', 'refused']];
  assert.deepEqual(rows(all, undefined), [
    'name         weight  draining  error',
    'a-long-name  100     0         refused',
  ]);
  assert.deepEqual(rows(all, 28), ['name         weight  error', 'a-long-name  100     refused']);
  assert.deepEqual(rows(all, 24), ['name     weight  error', 'a-long…  100     refused']);
  assert.deepEqual(rows(all, 10), ['name', 'a-long-na…']);
});

test('no row is wider than the terminal, whatever it contains', () => {
  const text = fc.oneof(fc.string(), fc.constantFrom('日本語日本語', '🚀🚀🚀🚀', 'e\u0301'.repeat(9)));
  const row = fc.tuple(text, text, text, text).map((cells) => cells.map((cell) => cell.replace(/\p{C}/gu, '')));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), fc.integer({ min: 12, max: 60 }), (all, cells) => {
      for (const line of rows(all, cells)) assert.ok(cellsOf(line) <= cells, line);
      for (const line of all) {
        const parts = line.map((each, index) => ({ text: each, min: index * 9, rank: index }));
        assert.ok(cellsOf(laidOutLine(parts, cells)) <= cells);
      }
    }),
  );
});

test('parts of a line that are less important are cut or left out before others', () => {
  const parts = [
    { text: 'the-name-of-a-listener' },
    { text: 'http://127.0.0.1:8080', min: 21 },
    { text: 'project/stack', rank: 2 },
    { text: '' },
    { text: '12 requests', min: 11, rank: 1 },
  ];
  const at = (cells?: number) => laidOutLine(parts, cells);
  assert.equal(at(), 'the-name-of-a-listener  http://127.0.0.1:8080  project/stack  12 requests');
  assert.equal(at(60), 'the-name-o…  http://127.0.0.1:8080  project/st…  12 requests');
  assert.equal(at(50), 'the-name-of-a…  http://127.0.0.1:8080  12 requests');
  assert.equal(at(40), 'the-name-of-a-li…  http://127.0.0.1:8080');
});
