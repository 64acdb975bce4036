// Events as they arrive over a connection: in parts that end anywhere, among comments and settings.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { eventData } from '../../../provider/client/event-stream.ts';

const TEXT = [
  'retry: 1000\nid: a-0\n\n',
  'id: a-1\nevent: write\ndata: {"name":"é"}\n\n',
  ': heartbeat\n\n',
  'id: a-2\nevent: worker\ndata:{\ndata: }\n\n',
  'id: a-3\ndata: {"cut": "off',
].join('');

test('each event is read once, wherever the parts of the stream end', async () => {
  const bytes = Buffer.from(TEXT);
  for (let length = 1; length <= bytes.length; length++) {
    const parts = Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) =>
      bytes.subarray(index * length, (index + 1) * length),
    );
    const data: string[] = [];
    for await (const text of eventData(Readable.from(parts, { objectMode: false }))) data.push(text);
    assert.deepEqual(data, ['{"name":"é"}', '{\n}'], `parts of ${length} bytes`);
  }
});

test('a stream that breaks ends after its last complete event', async () => {
  const stream = Readable.from(
    (async function* () {
      yield 'data: 1\n\ndata: 2';
      throw new Error('it broke');
    })(),
    { objectMode: false },
  );
  const data: string[] = [];
  for await (const text of eventData(stream)) data.push(text);
  assert.deepEqual(data, ['1']);
});
