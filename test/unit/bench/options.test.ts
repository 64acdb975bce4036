// The options of the bench.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS } from '../../bench/bounds/bounds.ts';
import { MEASURES } from '../../bench/measures/measures.ts';
import { parseOptions } from '../../bench/options.ts';
import { KEPT_SCENARIOS, SCENARIOS } from '../../bench/scenarios.ts';

test('without options everything but the soak is measured, in 6 rounds of 1 second', () => {
  assert.deepEqual(parseOptions([]), {
    rounds: 6,
    seconds: 1,
    scenarios: SCENARIOS,
    hasWrites: true,
    goals: Object.keys(MEASURES),
    bounds: Object.keys(BOUNDS),
    readerSeconds: 90,
    hasWeir: true,
    hasPeers: true,
    against: undefined,
    soakMinutes: undefined,
    hasTakeOvers: true,
    isJson: false,
    isWritten: true,
    mayInstall: false,
  });
});

test('any option but --install and --json leaves the document as it is, unless --write is given', () => {
  assert.ok(parseOptions(['--install', '--json']).isWritten);
  const partial = [
    ['--quick'],
    ['--rounds', '5'],
    ['--scenario', 'writes'],
    ['--goal', 'idle'],
    ['--bound', 'mass'],
    ['--peers-only'],
    ['--against', '.'],
    ['--soak'],
    ['--no-take-over'],
  ];
  for (const args of partial) {
    assert.ok(!parseOptions(args).isWritten, args.join(' '));
    assert.ok(parseOptions([...args, '--write']).isWritten, args.join(' '));
  }
});

test('--quick --against compares kept connections of two checkouts, without peers', () => {
  const options = parseOptions(['--quick', '--against', '../main']);
  assert.deepEqual([options.scenarios, options.rounds, options.hasPeers], [KEPT_SCENARIOS, 6, false]);
  assert.deepEqual([options.hasWrites, options.goals, options.bounds], [false, [], []]);
  assert.ok(KEPT_SCENARIOS.length >= 7);
  const one = parseOptions(['--quick', '--against', '../main', '--scenario', 'tcp-close', '--rounds', '9']);
  assert.deepEqual([one.scenarios.map(({ name }) => name), one.rounds], [['tcp-close'], 9]);
});

test('--soak has 30 minutes unless a number follows, and leaves out everything else', () => {
  assert.deepEqual(
    [['--soak'], ['--soak', '5'], ['--soak', '--write']].map((args) => parseOptions(args).soakMinutes),
    [30, 5, 30],
  );
  const { scenarios, hasWrites, goals, bounds } = parseOptions(['--soak', '--no-take-over']);
  assert.deepEqual([scenarios, hasWrites, goals, bounds], [[], false, [], []]);
});

test('--goal and the group goals choose measurements of goals, and nothing else', () => {
  const one = parseOptions(['--goal', 'idle']);
  assert.deepEqual([one.goals, one.scenarios, one.hasWrites, one.bounds], [['idle'], [], false, []]);
  assert.deepEqual(parseOptions(['--scenario', 'goals']).goals, Object.keys(MEASURES));
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
  ['--goal', 'udp'],
  ['--soak', '0'],
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
