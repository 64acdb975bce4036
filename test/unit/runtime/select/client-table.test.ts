// The client table that workers share: which clients are remembered, for how long, and which are forgotten first.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CLIENT_PLACES,
  ClientTable,
  createClientTable,
  NO_TARGET_NUMBER,
} from '../../../../provider/runtime/select/client-table.ts';
import { assertHolds } from '../../../harness/properties/properties.ts';
import { client } from '../../../harness/select/targets.ts';

test('a stored client is found by every worker until its time, and no other client is', () => {
  const memory = createClientTable();
  const [a, b] = [new ClientTable(memory), new ClientTable(memory)];
  assert.equal(a.seek('10.0.0.1', 100), NO_TARGET_NUMBER);
  a.put(7, 110);
  assert.equal(b.seek('10.0.0.1', 109), 7);
  assert.equal(b.seek('10.0.0.2', 109), NO_TARGET_NUMBER);
  assert.equal(b.seek('10.0.0.1', 110), NO_TARGET_NUMBER);
});

test('a client that returns in time is remembered for longer, and one whose target changes keeps one place', () => {
  const table = new ClientTable(createClientTable());
  table.seek('::1', 0);
  table.put(1, 10);
  assert.equal(table.seek('::1', 9), 1);
  table.extend(20);
  assert.equal(table.seek('::1', 19), 1);
  table.put(2, 30);
  assert.equal(table.seek('::1', 25), 2);
  assert.equal(table.seek('::1', 30), NO_TARGET_NUMBER);
});

test('the table behaves like a map with expiry as long as it is nearly empty', () => {
  const step = fc.record({ address: fc.nat(200), target: fc.integer({ min: 1, max: 9 }), wait: fc.nat(3) });
  assertHolds(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new ClientTable(createClientTable());
      const model = new Map<number, { target: number; until: number }>();
      let now = 0;
      for (const { address, target, wait } of steps) {
        now += wait;
        const known = model.get(address);
        const expected = known !== undefined && known.until > now ? known.target : NO_TARGET_NUMBER;
        assert.equal(table.seek(client(address), now), expected);
        if (expected === NO_TARGET_NUMBER) table.put(target, now + 10);
        else table.extend(now + 10);
        model.set(address, { target: expected || target, until: now + 10 });
      }
    }),
    { numRuns: 50 },
  );
});

test('a full table forgets the least recent clients and still remembers as many as it has places', () => {
  const table = new ClientTable(createClientTable());
  const clients = 4 * CLIENT_PLACES;
  for (let index = 0; index < clients; index++) {
    table.seek(client(index), index);
    table.put(1 + (index % 5), index + clients);
  }
  const isKnown = (index: number) => table.seek(client(index), clients) === 1 + (index % 5);
  const known = Array.from({ length: clients }, (_, index) => index).filter(isKnown);
  // Nearly every place of the client table is used, because the addresses are spread. Most places belong to the latest
  // clients.
  assert.ok(known.length > 0.99 * CLIENT_PLACES && known.length <= CLIENT_PLACES, `${known.length} are known`);
  const recent = known.filter((index) => index >= clients - CLIENT_PLACES / 2);
  assert.ok(recent.length > 0.9 * (CLIENT_PLACES / 2), `${recent.length} of the last ones`);
});

test('nearly all clients are remembered if there are half as many as places', () => {
  const table = new ClientTable(createClientTable());
  const clients = CLIENT_PLACES / 2;
  for (let index = 0; index < clients; index++) {
    table.seek(client(index), 0);
    table.put(1, 100);
  }
  const known = Array.from({ length: clients }, (_, index) => table.seek(client(index), 1)).filter((it) => it === 1);
  assert.ok(known.length > 0.97 * clients, `${known.length} of ${clients}`);
});

test('a worker that stores a client second in one place must look again, for the same client or another', () => {
  const memory = createClientTable();
  const [a, b] = [new ClientTable(memory), new ClientTable(memory)];
  assert.equal(a.seek('10.0.0.1', 0), NO_TARGET_NUMBER);
  assert.equal(b.seek('10.0.0.1', 0), NO_TARGET_NUMBER);
  assert.equal(b.put(2, 10), true);
  assert.equal(a.put(1, 10), false);
  assert.equal(a.seek('10.0.0.1', 0), 2);
  // Both workers now know that target 2 takes no new traffic.
  assert.equal(b.seek('10.0.0.1', 0), 2);
  assert.equal(a.put(3, 10), true);
  assert.equal(b.put(4, 10), false);
  assert.equal(b.seek('10.0.0.1', 0), 3);
});
