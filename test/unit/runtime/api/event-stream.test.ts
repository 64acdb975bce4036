// A reader's stream: what it missed comes first, a slow reader is dropped, the end comes to all.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { EventStream } from '../../../../provider/runtime/api/event-stream.ts';
import { ADMINISTRATOR } from '../../../../provider/runtime/control/access/access.ts';
import { EventLog } from '../../../../provider/runtime/control/events/event-log.ts';

const logOf = () => new EventLog(() => 0);
const happen = (log: EventLog, id: number, reason = '') =>
  log.append({ type: 'worker', id, state: 'ended', reason }, []);
const read = ({ readable }: EventStream) => String(readable.read() ?? '');
const workersIn = (text: string) => [...text.matchAll(/^data: .*"id":(\d+)/gm)].map(([, id]) => Number(id));

test('a new reader gets an id to come back with, and what happens from then on', () => {
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

test('a reader that comes back gets what it missed, and hears where some of that is gone', () => {
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

test('a reader that takes nothing is dropped, and no more is kept for it', async () => {
  const log = logOf();
  const stream = new EventStream(log, ADMINISTRATOR, undefined);
  const closed = once(stream.readable, 'close');
  for (let id = 0; id < 5_000 && !stream.readable.destroyed; id++) happen(log, id, 'x'.repeat(1_000));
  await closed;
  assert.ok(stream.readable.destroyed);
});

test('the end comes behind what was written', async () => {
  const log = logOf();
  const stream = new EventStream(log, ADMINISTRATOR, undefined);
  happen(log, 1);
  stream.end();
  happen(log, 2);
  const parts: unknown[] = [];
  for await (const part of stream.readable) parts.push(part);
  assert.deepEqual(workersIn(parts.join('')), [1]);
});
