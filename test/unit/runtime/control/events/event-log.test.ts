// The event log: bounded in number, read from an event id on, and safe against ids of another process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../../../../../provider/runtime/control/events/event-log.ts';

const happen = (log: EventLog, id: number, reason = '') =>
  log.append({ type: 'worker', id, state: 'ended', reason }, []);
const workersOf = (events: readonly { json: string }[]) => events.map(({ json }) => JSON.parse(json).id);

test('an event has time, type and its fields', () => {
  const log = new EventLog(() => 86_400_000);
  happen(log, 3, 'why');
  const [event] = log.after('').events;
  assert.equal(event?.type, 'worker');
  assert.deepEqual(JSON.parse(event?.json ?? ''), {
    at: '1970-01-02T00:00:00.000Z',
    type: 'worker',
    id: 3,
    state: 'ended',
    reason: 'why',
  });
});

test('`after` returns the events after an id, and none after the newest', () => {
  const log = new EventLog(() => 0);
  const ids: string[] = [log.lastId];
  for (const id of [1, 2, 3]) {
    happen(log, id);
    ids.push(log.lastId);
  }
  const replays = ids.map((id) => log.after(id)).map(({ events, isWhole }) => [workersOf(events), isWhole]);
  assert.deepEqual(replays, [
    [[1, 2, 3], true],
    [[2, 3], true],
    [[3], true],
    [[], true],
  ]);
});

test('an unknown id returns the whole log and is reported as incomplete', () => {
  const log = new EventLog(() => 0);
  happen(log, 1);
  const ids = [new EventLog(() => 0).lastId, log.lastId.replace(/1$/, '2'), 'x', '', '-', `${log.lastId}e3`];
  for (const id of ids) {
    const { events, isWhole } = log.after(id);
    assert.deepEqual([id, workersOf(events), isWhole], [id, [1], false]);
  }
});

test('the log keeps the newest 1,000 events, however large they are', () => {
  const log = new EventLog(() => 0);
  const first = log.lastId;
  for (let id = 0; id < 1_500; id++) happen(log, id);
  const { events, isWhole } = log.after(first);
  assert.deepEqual([events.length, workersOf(events)[0], isWhole], [1_000, 500, false]);
  for (let id = 0; id < 30; id++) happen(log, id, 'x'.repeat(100_000));
  assert.equal(log.after(first).events.length, 1_000);
});

test('a reader gets each event until it unsubscribes', () => {
  const log = new EventLog(() => 0);
  const heard: number[] = [];
  const unsubscribe = log.subscribe(({ json }) => heard.push(JSON.parse(json).id));
  happen(log, 1);
  unsubscribe();
  happen(log, 2);
  assert.deepEqual(heard, [1]);
});
