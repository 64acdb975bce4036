// The kernel's table of TCP connections: ends in the table's spelling, and what a peer has acknowledged.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { hexEnd, lookUpOutput, type Output } from '../../../../../provider/runtime/embedded/io/acknowledged.ts';
import type { Connection } from '../../../../../provider/runtime/embedded/io/connection.ts';
import { TcpConnection } from '../../../../../provider/runtime/embedded/io/tcp-connection.ts';

const ENDS: [address: string, port: number, hex: string][] = [
  ['127.0.0.1', 8080, '0100007F:1F90'],
  ['10.1.2.255', 1, 'FF02010A:0001'],
  ['::', 65_535, '00000000000000000000000000000000:FFFF'],
  ['::1', 80, '00000000000000000000000001000000:0050'],
  ['::ffff:127.0.0.1', 80, '0000000000000000FFFF00000100007F:0050'],
  ['2001:db8::8a2e:370:7334', 443, 'B80D0120000000002E8A000034737003:01BB'],
  ['fe80::1%eth0', 22, '000080FE000000000000000001000000:0016'],
  ['1:2:3:4:5:6:7:8', 9, '02000100040003000600050008000700:0009'],
];
for (const [address, port, hex] of ENDS) {
  test(`the table writes ${address} port ${port} as ${hex}`, () => assert.equal(hexEnd(address, port), hex));
}

const HANDLER = { onData: () => true, onEnd: () => {}, onWritable: () => {}, onClose: () => {} };

function output(...connections: Connection[]): Promise<Output | undefined> {
  return new Promise((resolve) => lookUpOutput(connections, resolve));
}

/** Connects over an address that the server listens on, and returns both ends. */
async function pair(
  t: TestContext,
  listenOn: string,
  host: string,
  options: object = {},
): Promise<[connection: Connection, peer: Socket]> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, listenOn);
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const peer = connect({ port, host, ...options }).pause();
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(peer, 'connect')]);
  const connection = TcpConnection.accept(accepted as Socket, HANDLER);
  t.after(() => {
    connection.destroy();
    peer.destroy();
  });
  return [connection, peer];
}

for (const [listenOn, host] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::1', '::1'],
] as const) {
  test(`what a peer at ${host} of a socket on ${listenOn} has acknowledged grows while it reads`, async (t) => {
    const [connection, peer] = await pair(t, listenOn, host);
    const size = 16 * 1024 * 1024;
    assert.equal(connection.write(Buffer.alloc(size)), false);
    const first = await output(connection);
    assert.ok(first !== undefined && first.outstanding > 0, JSON.stringify(first));
    assert.ok(first.acknowledged + first.outstanding < size, 'the rest is in user space');
    peer.resume();
    let bytes = 0;
    for await (const chunk of peer) {
      bytes += (chunk as Buffer).length;
      if (bytes === size) break;
    }
    const [other] = await pair(t, listenOn, host);
    assert.deepEqual(await output(connection, other), { acknowledged: size, read: size, outstanding: 0 });
  });
}

for (const [listenOn, host] of [
  ['127.0.0.1', '127.0.0.1'],
  ['::', '127.0.0.1'],
  ['::1', '::1'],
] as const) {
  test(`each byte counts that a peer at ${host} of a socket on ${listenOn} has read, although its kernel acknowledges none`, async (t) => {
    const step = 1_000;
    let took = Promise.withResolvers<number>();
    const callback = (bytes: number) => {
      took.resolve(bytes);
      return false;
    };
    const onread = { buffer: Buffer.alloc(step), callback };
    const [connection, peer] = await pair(t, listenOn, host, { onread });
    connection.write(Buffer.alloc(16 * 1024 * 1024));
    const settled = async () => {
      let last = await output(connection);
      for (;;) {
        const next = await output(connection);
        if (next !== undefined && next.acknowledged === last?.acknowledged && next.read === last.read) return next;
        last = next;
      }
    };
    let { read, acknowledged } = await settled();
    for (let round = 0; round < 3; round++) {
      took = Promise.withResolvers();
      peer.resume();
      assert.equal(await took.promise, step);
      const next = await settled();
      assert.deepEqual(next, { acknowledged, read: read + step, outstanding: next.outstanding });
      ({ read, acknowledged } = next);
    }
  });
}

test('nothing is known of a connection that is gone', async (t) => {
  const [connection] = await pair(t, '127.0.0.1', '127.0.0.1');
  connection.destroy();
  assert.equal(await output(connection), undefined);
  assert.equal(await output(), undefined);
});
