// A listener whose address changes on one port between a wildcard and an address that the wildcard covers.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { UdpBackend, UdpClient } from '../../../harness/backends/udp.ts';
import { freePort, listenerSnapshot, type TcpClient, target, untilTrue } from '../../../harness/engine/fixtures.ts';
import { engineWorldOf } from '../../../harness/engine/world.ts';

const STEPS = ['0.0.0.0', '127.0.0.1', '::', '127.0.0.1', '0.0.0.0', '::', '::1', '::'];
/** A port that is free on every address. */
const freeEverywhere = () => freePort('::');

test('TCP: the address changes to and from wildcards, and no connect is refused meanwhile', async (t) => {
  const { serve, echo, connect } = engineWorldOf(t);
  const a = await echo('a');
  const port = await freeEverywhere();
  const at = (address: string) => listenerSnapshot('web', port, [target(a.port)], { address });
  await serve([at('127.0.0.1')]);
  const flow = connect(port);
  assert.equal(await flow.name(), 'a');
  let covered = '127.0.0.1';
  for (const address of STEPS) {
    const host = address === '::1' || covered === '::1' ? '::1' : '127.0.0.1';
    const isBoth = [covered, address].every((each) => each === host || each === '::' || each === '0.0.0.0');
    const clients: TcpClient[] = [];
    let isOver = false;
    const connecting = (async () => {
      while (isBoth && !isOver) {
        const client = connect(port, host);
        clients.push(client);
        await untilTrue(() => !client.socket.connecting, 'the connect');
      }
    })();
    await untilTrue(() => !isBoth || clients.length > 5, 'connects before');
    await serve([at(address)]);
    const { length } = clients;
    await untilTrue(() => !isBoth || clients.length > length + 5, 'connects after');
    isOver = true;
    await connecting;
    assert.deepEqual(
      clients.filter((client) => client.isRefused),
      [],
    );
    for (const client of clients.slice(length)) assert.equal(await client.name(), 'a');
    for (const client of clients) client.socket.destroy();
    covered = address;
  }
  flow.socket.write('still');
  await untilTrue(() => flow.text === 'a\nstill', 'the echo of a flow that outlived its socket');
});

test('UDP: the address changes to and from wildcards', async (t) => {
  const { serve } = engineWorldOf(t);
  const a = await UdpBackend.start(t, 'a');
  const port = await freeEverywhere();
  for (const address of ['127.0.0.1', ...STEPS]) {
    await serve([listenerSnapshot('dns', port, [target(a.port)], { protocol: 'UDP', address })]);
    const host = address.startsWith('::') ? '::1' : '127.0.0.1';
    assert.equal(await (await UdpClient.open(t, port, host)).ask(address), `a ${address}`);
    if (address !== '::') continue;
    assert.equal(await (await UdpClient.open(t, port)).ask('v4'), 'a v4');
  }
});

test('a wildcard beside an own socket that stays is refused, and the message names its listener', async (t) => {
  const { engine, snapshot, serve } = engineWorldOf(t);
  const port = await freeEverywhere();
  const one = listenerSnapshot('one', port, []);
  await serve([one]);
  const two = listenerSnapshot('two', port, [], { address: '0.0.0.0' });
  const [refusal, ...rest] = await engine.prepare(snapshot([two, one]));
  assert.deepEqual([refusal?.listenerId, refusal?.code, rest], ['two', 'PortInUse', []]);
  assert.equal(refusal?.problem.message, `127.0.0.1:${port} is in use by listener one: choose another port.`);
});

for (const transport of ['tcp', 'udp'] as const) {
  test(`${transport}: a port that another process shares is refused, even beside an own socket that closes`, async (t) => {
    const { engine, snapshot, serve } = engineWorldOf(t);
    const port = await freeEverywhere();
    const protocol = transport === 'udp' ? 'UDP' : 'TCP';
    const at = (address: string) => listenerSnapshot('web', port, [], { protocol, address });
    await serve([at('127.0.0.1')]);
    await holder(t, transport, port, '127.0.0.2');
    for (const address of ['0.0.0.0', '::']) {
      const [refusal, ...rest] = await engine.prepare(snapshot([at(address)]));
      assert.deepEqual([refusal?.listenerId, refusal?.code, rest], ['web', 'PortInUse', []]);
    }
    await serve([at('127.0.0.3')]);
    const [own] = await engine.prepare(snapshot([at('127.0.0.2')]));
    assert.equal(own?.code, 'PortInUse');
  });
}

/** Starts a process of the same user that listens on the port with SO_REUSEPORT, as another runtime would. */
async function holder(t: TestContext, transport: 'tcp' | 'udp', port: number, address: string): Promise<ChildProcess> {
  const open = {
    tcp: `require('node:net').createServer().listen({ host, port, reusePort: true }, () => process.send('ready'))`,
    udp: `require('node:dgram').createSocket({ type: 'udp4', reusePort: true }).bind(port, host, () => process.send('ready'))`,
  };
  const script = `const host = '${address}', port = ${port}; ${open[transport]}`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}
