// The ring of events: bounded in number and in size, replayed by id, and no id of another run is taken for one of this.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from '../../../../../provider/runtime/control/events/event-log.ts';

const happen = (log: EventLog, id: number, reason = '') =>
  log.append({ type: 'worker', id, state: 'ended', reason }, []);
const workersOf = (events: readonly { json: string }[]) => events.map(({ json }) => JSON.parse(json).id);

test('an event has its time and its type beside what happened', () => {
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

test('after an id comes what is newer; after the newest nothing', () => {
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

test('an id of another run, of the future or of nothing gets all that there is, and says so', () => {
  const log = new EventLog(() => 0);
  happen(log, 1);
  const ids = [new EventLog(() => 0).lastId, log.lastId.replace(/1$/, '2'), 'x', '', '-', `${log.lastId}e3`];
  for (const id of ids) {
    const { events, isWhole } = log.after(id);
    assert.deepEqual([id, workersOf(events), isWhole], [id, [1], false]);
  }
});

test('it keeps the newest 1,000, and fewer where they are large', () => {
  const log = new EventLog(() => 0);
  const first = log.lastId;
  for (let id = 0; id < 1_500; id++) happen(log, id);
  const { events, isWhole } = log.after(first);
  assert.deepEqual([events.length, workersOf(events)[0], isWhole], [1_000, 500, false]);
  for (let id = 0; id < 30; id++) happen(log, id, 'x'.repeat(100_000));
  assert.equal(log.after(first).events.length, 9);
});

test('a reader hears each event until it unsubscribes', () => {
  const log = new EventLog(() => 0);
  const heard: number[] = [];
  const unsubscribe = log.subscribe(({ json }) => heard.push(JSON.parse(json).id));
  happen(log, 1);
  unsubscribe();
  happen(log, 2);
  assert.deepEqual(heard, [1]);
});
