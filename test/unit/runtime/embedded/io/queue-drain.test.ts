// The accept queue of a closing listening socket: every waiting connection is accepted, however slowly, and new clients
// cannot delay the end forever.
import assert from 'node:assert/strict';
import * as net from 'node:net';
import { test } from 'node:test';
import { MAX_QUEUED, queueEmptied } from '../../../../../provider/runtime/embedded/io/queue-drain.ts';
import { listenOn, TcpClient, untilTrue } from '../../../../harness/engine/fixtures.ts';

/** Blocks this thread, for as long as a process on a busy machine may wait for the processor. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

test('every waiting connection is taken, on a busy machine too', async (t) => {
  let taken = 0;
  const server = net.createServer(() => {
    taken++;
    stall(3);
  });
  const port = await listenOn(t, server);
  const clients = Array.from({ length: 50 }, () => new TcpClient(t, port));
  await untilTrue(() => taken > 0, 'the first of them');
  await queueEmptied(() => taken);
  server.close();
  assert.equal(taken, clients.length);
});

test('draining a queue that new clients keep full ends after everything that it can have held', async () => {
  let taken = 0;
  await queueEmptied(() => taken++);
  assert.ok(taken >= MAX_QUEUED && taken < 2 * MAX_QUEUED, `${taken}`);
});
