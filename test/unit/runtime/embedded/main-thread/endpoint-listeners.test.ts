// Endpoints: which listener may have one, which worker opens it, and which of them overlap.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerSnapshot } from '../../../../../provider/runtime/contract/snapshot.ts';
import { endpointListeners } from '../../../../../provider/runtime/embedded/main-thread/endpoint-listeners.ts';
import { isOpenedBy, overlaps } from '../../../../../provider/runtime/embedded/shared/endpoint.ts';
import { listenerSnapshot, snapshot } from '../../../../harness/engine/fixtures.ts';

const OVERLAPS: [a: string, b: string, isOverlap: boolean][] = [
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.1', '127.0.0.2', false],
  ['127.0.0.1', '0.0.0.0', true],
  ['::1', '0.0.0.0', false],
  ['::1', '::', true],
  ['127.0.0.1', '::', true],
  ['0.0.0.0', '::', true],
  ['::1', '127.0.0.1', false],
];

for (const [a, b, isOverlap] of OVERLAPS) {
  test(`${a} and ${b} on one port ${isOverlap ? 'overlap' : 'do not overlap'}`, () => {
    const at = (address: string, port = 80, transport: 'tcp' | 'udp' = 'tcp') => ({ transport, address, port });
    assert.deepEqual([overlaps(at(a), at(b)), overlaps(at(b), at(a))], [isOverlap, isOverlap]);
    assert.equal(overlaps(at(a), at(b, 81)), false);
    assert.equal(overlaps(at(a), at(b, 80, 'udp')), false);
  });
}

test('one worker opens a UDP endpoint, all workers open a TCP endpoint, and UDP endpoints spread over workers', () => {
  const workers = [0, 1, 2, 3];
  const counts = workers.map(() => 0);
  for (let port = 1; port <= 400; port++) {
    const openers = (transport: 'tcp' | 'udp') =>
      workers.filter((id) => isOpenedBy({ transport, address: '10.0.0.1', port }, id, workers.length));
    assert.deepEqual(openers('tcp'), workers);
    const [owner, ...others] = openers('udp');
    assert.deepEqual(others, []);
    (counts[owner as number] as number)++;
  }
  assert.ok(Math.min(...counts) > 60, `${counts}`);
});

const at = (id: string, address: string, protocol: 'TCP' | 'UDP' = 'TCP'): ListenerSnapshot =>
  listenerSnapshot(id, 80, [], { address, protocol });

/** The ids of the listeners that get their endpoints, and the messages of the refusals. */
function decide(listeners: readonly ListenerSnapshot[], served = ''): [string, string[]] {
  const { byEndpoint, refusals } = endpointListeners(snapshot(1, listeners), ({ id }) => served.includes(id));
  const texts = refusals.map(({ listenerId, problem }) => `${listenerId}: ${problem.message}`);
  return [[...byEndpoint.values()].map(({ id }) => id).join(''), texts];
}

test('the served listener keeps an overlapping endpoint; otherwise the first one gets it', () => {
  const [one, all, two] = [at('a', '127.0.0.1'), at('b', '0.0.0.0'), at('c', '127.0.0.2')];
  assert.deepEqual(decide([one, two]), ['ac', []]);
  assert.deepEqual(decide([one, all]), ['a', ['b: 127.0.0.1:80 is in use by listener a: choose another port.']]);
  assert.deepEqual(decide([one, all], 'b'), ['b', ['a: 0.0.0.0:80 is in use by listener b: choose another port.']]);
  assert.deepEqual(decide([one, two, all], 'b'), [
    'b',
    [
      'a: 0.0.0.0:80 is in use by listener b: choose another port.',
      'c: 0.0.0.0:80 is in use by listener b: choose another port.',
    ],
  ]);
  assert.deepEqual(decide([one, at('d', '127.0.0.1')], 'd'), [
    'd',
    ['a: 127.0.0.1:80 is in use by listener d: choose another port.'],
  ]);
  assert.deepEqual(decide([one, at('u', '0.0.0.0', 'UDP')]), ['au', []]);
});
