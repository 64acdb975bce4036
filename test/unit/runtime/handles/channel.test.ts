// Channels between two ends of one process: messages in order, each with its own handle, and the end of a channel.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Handle } from '../../../../provider/runtime/handles/bindings.ts';
import { Channel } from '../../../../provider/runtime/handles/channel.ts';
import { ChannelServer } from '../../../../provider/runtime/handles/channel-server.ts';
import { bindHandle } from '../../../../provider/runtime/handles/listening-handle.ts';
import { freePort, untilTrue } from '../../../harness/engine/fixtures.ts';

interface Received {
  readonly message: unknown;
  readonly handle: Handle | undefined;
}

async function channels(t: TestContext) {
  const name = `\0weir-test-${randomUUID()}`;
  const [received, ends] = [[] as Received[], [] as string[]];
  const accepted = Promise.withResolvers<Channel>();
  const endOf = (side: string) => (channel: Channel) => {
    if (side === 'server') accepted.resolve(channel);
    return {
      onMessage: (message: unknown, handle: Handle | undefined) => void received.push({ message, handle }),
      onClose: () => void ends.push(side),
    };
  };
  const server = new ChannelServer(name, endOf('server'));
  const client = await Channel.connect(name, endOf('client'));
  t.after(() => {
    server.close();
    client.close();
    for (const { handle } of received) handle?.close();
  });
  return { client, server: await accepted.promise, received, ends };
}

test('messages arrive in order, and each has the handle that was sent with it', async (t) => {
  const { client, received } = await channels(t);
  const ports = [await freePort(), await freePort(), await freePort()];
  const bound = ports.map((port) => bindHandle('tcp', '127.0.0.1', port));
  const large = 'ä'.repeat(3_000_000);
  client.send({ large });
  for (const [index, handle] of bound.entries()) {
    client.send({ index }, handle);
    client.send({ after: index });
  }
  client.send({ large });
  await untilTrue(() => received.length === 8, 'all messages');
  assert.deepEqual(
    received.map(({ message }) => message),
    [{ large }, ...ports.flatMap((_, index) => [{ index }, { after: index }]), { large }],
  );
  for (const handle of bound) handle.close();
  // Each handle that arrived is a socket of its own on the port that was bound.
  for (const [index, port] of ports.entries()) {
    const { handle } = received[1 + 2 * index] as Received;
    const server = net.createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(handle, resolve));
    assert.equal((server.address() as net.AddressInfo).port, port);
    await new Promise((resolve) => server.close(resolve));
  }
});

test('the other end is told once that a channel is closed, and what is sent then goes nowhere', async (t) => {
  const { client, server, ends, received } = await channels(t);
  server.close();
  await untilTrue(() => ends.length > 0, 'the end of the channel');
  client.send({ late: true });
  server.send({ late: true });
  assert.deepEqual([ends, received], [['client'], []]);
});

test('a connect to a name at which nothing listens fails with the code of the system call', async () => {
  const failed = Channel.connect(`\0weir-test-${randomUUID()}`, () => ({ onMessage() {}, onClose() {} }));
  await assert.rejects(failed, { code: 'ECONNREFUSED', syscall: 'connect' });
});

test('an address that is not of this machine cannot be bound', () => {
  assert.throws(() => bindHandle('udp', '192.0.2.1', 53), { code: 'EADDRNOTAVAIL', syscall: 'bind' });
});
