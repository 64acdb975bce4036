// Idle UDP sessions, with real sockets and a clock that the test sets.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UdpBackend, UdpClient } from '../../../../harness/backends/udp.ts';
import { freePort, untilTrue } from '../../../../harness/engine/fixtures.ts';
import { servedSocket } from '../../../../harness/engine/served-socket.ts';

const IDLE_MS = 3_600_000;

test('a datagram of the client keeps a session alive, and so does a late response', async (t) => {
  const a = await UdpBackend.start(t, 'a');
  const port = await freePort();
  const { listeningSocket, sessions } = await servedSocket(port, a.port, IDLE_MS, () => {});
  t.after(() => listeningSocket.close());
  const open = () => UdpClient.open(t, port);
  const [asking, responded, idle] = [await open(), await open(), await open()];
  await asking.ask('1');
  let late = () => {};
  a.response = (send) => {
    late = send;
  };
  await responded.send('1');
  await untilTrue(() => a.datagrams.length === 2, 'the question');
  const response = late;
  a.response = (send) => send();
  await idle.ask('1');
  const idleSinceMs = performance.now();
  await untilTrue(() => performance.now() > idleSinceMs, 'the clock');
  response();
  await untilTrue(() => responded.responses.length === 1, 'the late response');
  await asking.ask('2');
  assert.equal(sessions(), 3);
  listeningSocket.checkDeadline(idleSinceMs + IDLE_MS);
  assert.equal(sessions(), 2);
  for (const client of [asking, responded]) await client.ask('3');
  assert.equal(sessions(), 2);
  await idle.ask('2');
  assert.equal(sessions(), 3);
  listeningSocket.checkDeadline(performance.now() + IDLE_MS);
  assert.equal(sessions(), 0);
});
