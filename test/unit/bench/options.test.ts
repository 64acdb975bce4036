// The options of the bench.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS } from '../../bench/bounds/bounds.ts';
import { parseOptions } from '../../bench/options.ts';
import { SCENARIOS } from '../../bench/scenarios.ts';

test('without options everything is measured, in 5 rounds of 1 second', () => {
  assert.deepEqual(parseOptions([]), {
    rounds: 5,
    seconds: 1,
    scenarios: SCENARIOS,
    hasWrites: true,
    bounds: Object.keys(BOUNDS),
    readerSeconds: 90,
    hasWeir: true,
    isWhole: true,
    against: undefined,
    mayInstall: false,
  });
});

test('any option but --install leaves the document as it is', () => {
  assert.ok(parseOptions(['--install']).isWhole);
  const partial = [
    ['--quick'],
    ['--rounds', '5'],
    ['--scenario', 'writes'],
    ['--bound', 'mass'],
    ['--peers-only'],
    ['--against', '.'],
  ];
  for (const args of partial) assert.ok(!parseOptions(args).isWhole, args.join(' '));
});

test('--quick is 1 round of 1 second, and other options override it', () => {
  const { rounds, seconds } = parseOptions(['--quick', '--rounds', '2']);
  assert.deepEqual([rounds, seconds], [2, 1]);
});

test('--scenario chooses scenarios, and --peers-only leaves out what only Weir has', () => {
  const one = parseOptions(['--scenario', 'tcp-small', '--scenario', 'writes']);
  assert.deepEqual([one.scenarios.map(({ name }) => name), one.hasWrites], [['tcp-small'], true]);
  assert.equal(parseOptions(['--scenario', 'tcp-small']).hasWrites, false);
  assert.deepEqual(parseOptions(['--scenario', 'writes']).bounds, []);
  const peers = parseOptions(['--peers-only']);
  assert.deepEqual([peers.hasWeir, peers.hasWrites, peers.bounds], [false, false, []]);
});

test('--bound chooses bounds in addition to chosen scenarios, and nothing else', () => {
  const two = parseOptions(['--bound', 'mass', '--bound', 'slowReaders', '--reader-seconds', '600']);
  assert.deepEqual([two.bounds, two.readerSeconds], [['mass', 'slowReaders'], 600]);
  assert.deepEqual([two.scenarios, two.hasWrites], [[], false]);
  const both = parseOptions(['--scenario', 'writes', '--bound', 'mass']);
  assert.deepEqual([both.hasWrites, both.bounds], [true, ['mass']]);
});

for (const args of [
  ['--scenario', 'udp'],
  ['--bound', 'udp'],
  ['--rounds', '0'],
  ['--rounds', '1.5'],
  ['--seconds', '3600'],
  ['--reader-seconds', '0'],
  ['--what'],
]) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(() => parseOptions(args), TypeError);
  });
}
