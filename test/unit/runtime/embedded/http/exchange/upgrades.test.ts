// Upgrades of requests with a body, as `docker exec` makes them: the body first, then the new protocol both ways.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ScriptedBackend } from '../../../../../harness/engine/http-peers.ts';
import { HttpProxy } from '../../../../../harness/engine/http-proxy.ts';

const SWITCH =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

const start = (length: number) =>
  `POST /v1.43/exec/1/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

test('the target gets the body by its length and then the bytes of the new protocol, also those sent with it', async (t) => {
  const body = '{"Detach":false,"Tty":true}';
  const backend = await ScriptedBackend.start(t, async (peer) => {
    const head = await peer.head();
    assert.match(head, /\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n/);
    assert.match(head, new RegExp(`\r\nContent-Length: ${body.length}\r\n`));
    assert.equal(await peer.body(body.length), body);
    peer.write(`${SWITCH}$ `);
    await peer.untilReceived('exit\n');
    peer.write(`got ${peer.received.trim()}`);
    await peer.untilEnded();
    peer.socket.end(' and the end');
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(`${start(body.length)}${body}ls\n`);
  assert.match(await client.head(), /^HTTP\/1\.1 101 UPGRADED\r\n/);
  client.write('exit\n');
  await client.untilReceived('$ got ls\nexit');
  client.socket.end();
  await client.untilEnded();
  assert.equal(client.received, '$ got ls\nexit and the end');
});

test('a target that switches before it has read the body loses nothing of it, while its socket is full', async (t) => {
  const body = randomBytes(24 * 1024 * 1024);
  const tail = randomBytes(1024 * 1024);
  const hash = createHash('sha256');
  let go: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const backend = await ScriptedBackend.start(t, async (peer) => {
    await peer.head();
    peer.socket.pause();
    peer.write(SWITCH);
    await gone;
    peer.socket.removeAllListeners('data');
    hash.update(peer.take(peer.received.length), 'latin1');
    for await (const part of peer.socket) hash.update(part as Buffer);
    peer.write(hash.digest('hex'));
    peer.socket.end();
  });
  const proxy = await HttpProxy.start(t, [backend.port]);
  const client = await proxy.connect(t);
  client.write(start(body.length));
  client.socket.write(body);
  client.socket.end(tail);
  assert.match(await client.head(), /^HTTP\/1\.1 101 /);
  go();
  await client.untilEnded();
  assert.equal(client.received, createHash('sha256').update(body).update(tail).digest('hex'));
});
