// Event streams: missed events come first, slow readers are disconnected, and every stream can be ended.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventData } from '../../../../provider/client/event-stream.ts';
import { apiEvent, type RuntimeEvent } from '../../../../provider/model/api/events.ts';
import { EventStream } from '../../../../provider/runtime/api/event-stream.ts';
import { ADMINISTRATOR } from '../../../../provider/runtime/control/access/access.ts';
import { EventLog } from '../../../../provider/runtime/control/events/event-log.ts';

const logOf = () => new EventLog(() => 0);
const happen = (log: EventLog, id: number, reason = '') =>
  log.append({ type: 'worker', id, state: 'ended', reason }, []);
const read = ({ readable }: EventStream) => String(readable.read() ?? '');
const workersIn = (text: string) => [...text.matchAll(/^data: .*"id":(\d+)/gm)].map(([, id]) => Number(id));

test('a new reader gets an event id for reconnection, and all later events', () => {
  const log = logOf();
  happen(log, 1);
  const stream = new EventStream(log, ADMINISTRATOR, undefined);
  happen(log, 2);
  const text = read(stream);
  assert.match(
    text,
    new RegExp(`^retry: \\d+\nid: ${log.lastId.replace(/2$/, '1')}\n\nid: ${log.lastId}\nevent: worker\n`),
  );
  assert.deepEqual(workersIn(text), [2]);
});

test('a reconnected reader gets the missed events, and a notice if some of them are lost', () => {
  const log = logOf();
  for (const id of [1, 2, 3]) happen(log, id);
  const second = log.lastId.replace(/3$/, '2');
  const text = read(new EventStream(log, ADMINISTRATOR, second));
  assert.deepEqual(workersIn(text), [3]);
  assert.doesNotMatch(text, /event: missed/);
  const other = read(new EventStream(log, ADMINISTRATOR, '00000000-3'));
  assert.match(other, /event: missed\ndata: \{"type":"missed"\}\n\n/);
  assert.deepEqual(workersIn(other), [1, 2, 3]);
});

test('a reader that does not read is disconnected, and no more data is buffered for it', async () => {
  const log = logOf();
  const stream = new EventStream(log, ADMINISTRATOR, undefined);
  const closed = once(stream.readable, 'close');
  for (let id = 0; id < 10_000 && !stream.readable.destroyed; id++) happen(log, id, 'x'.repeat(1_000));
  await closed;
  assert.ok(stream.readable.destroyed);
});

test('the end of a stream comes after all written events', async () => {
  const log = logOf();
  const stream = new EventStream(log, ADMINISTRATOR, undefined);
  happen(log, 1);
  stream.end();
  happen(log, 2);
  const parts: unknown[] = [];
  for await (const part of stream.readable) parts.push(part);
  assert.deepEqual(workersIn(parts.join('')), [1]);
});

const EVENTS: readonly RuntimeEvent[] = [
  { type: 'write', version: 1, kind: 'listeners', id: 'web', action: 'put' },
  {
    ...{ type: 'write', version: 2, kind: 'attachments', id: 'pool', action: 'put', omitted: 1 },
    targets: [
      { operation: 'bind', name: 'a', server: null, address: '::1', port: 80, weight: 100 },
      { operation: 'unbind', name: 'b' },
      { operation: 'weight', name: 'c', from: 100, to: 0 },
    ],
  },
  {
    ...{ type: 'health', listener: 'web', rule: 'r', target: '[::1]:80', name: 'a', health: 'unhealthy' },
    lastError: 'connection refused',
  },
  { type: 'worker', id: 1, state: 'ended', reason: 'it stood still' },
  {
    ...{ type: 'listener', state: 'refused', listenerId: 'web', code: 'PortInUse' },
    problem: { path: 'port', message: 'is taken', code: 'PortInUse' },
  },
  { type: 'listener', state: 'open', listenerId: 'web' },
];

test('a client reads every event in the documented shape', async () => {
  const log = logOf();
  const stream = new EventStream(log, ADMINISTRATOR, 'another-run');
  for (const event of EVENTS) log.append(event, []);
  stream.end();
  const received: unknown[] = [];
  for await (const data of eventData(stream.readable)) received.push(apiEvent.parse(JSON.parse(data)));
  const happened = EVENTS.map((event) => ({ at: '1970-01-01T00:00:00.000Z', ...event }));
  assert.deepEqual(received, [{ type: 'missed' }, ...happened]);
});
