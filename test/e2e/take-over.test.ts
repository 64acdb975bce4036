// `weir serve --take-over`: another process takes the sockets of a running runtime over, and nobody notices.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

import { readFileSync, statSync, writeFileSync } from 'node:fs';

import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import * as tls from 'node:tls';
import { freePort, httpBackend, tcpBackend } from '../harness/backends/backends.ts';
import { UdpBackend, UdpClient } from '../harness/backends/udp.ts';
import { openFlow } from '../harness/clients/flow.ts';
import { exchange, startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { SmallDisk } from '../harness/machine/small-disk.ts';
import { NotifySocket } from '../harness/runtime/notify-socket.ts';
import { RuntimeProcess, type StartOptions, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

const ROUNDS = 2;

/** A runtime with a listener for each protocol, all with the same targets, and the process that takes over next. */
async function world(t: TestContext, args: readonly string[] = [], first: StartOptions = {}) {
  const dataDirectory = temporaryDirectory(t);
  const start = (more: StartOptions = {}) => RuntimeProcess.start(t, { dataDirectory, args, ...more });
  const api = `127.0.0.1:${await freePort()}`;
  const ports = { http: await freePort(), https: await freePort(), tcp: await freePort() };
  const web = { a: await httpBackend(t, 'a'), b: await httpBackend(t, 'b') };
  const echo = { a: await tcpBackend(t, 'a'), b: await tcpBackend(t, 'b') };
  const pair = makePair(['localhost']);
  let runtime = await start({ api, ...first });
  const bind = (listener: string, targets: readonly (typeof web.a)[], more = {}) =>
    runtime.done('PUT', `/v1/attachments/${listener}`, {
      listenerId: listener,
      targets: Object.fromEntries(targets.map(({ name, target }) => [name, target])),
      ...more,
    });
  const healthCheck = { protocol: 'none' };
  const listen = async (id: 'http' | 'https' | 'tcp', more = {}) => {
    const protocol = id.toUpperCase();
    await runtime.done('PUT', `/v1/listeners/${id}`, {
      ...{ loadBalancerId: 'lb', protocol, port: ports[id], healthCheck },
      ...more,
    });
    await bind(id, Object.values(id === 'tcp' ? echo : web));
  };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await listen('http');
  await listen('https', { certificates: { main: { certificate: pair.certificate, privateKey: pair.privateKey } } });
  await listen('tcp');
  return {
    ports,
    web,
    echo,
    bind,
    get runtime() {
      return runtime;
    },
    start: (more: StartOptions) => start({ api, ...more, args: [...args, ...(more.args ?? [])] }),
    /** Resolves when the next process serves. Returns the one before, which lets its connections finish. */
    takeOver: async (more: StartOptions = {}) => {
      const before = runtime;
      runtime = await start({ api, ...more, args: [...args, '--take-over'] });
      return before;
    },
  };
}

test('take-overs under load: no request fails, and what is unbound meanwhile gets nothing more', async (t) => {
  const w = await world(t, ['--workers', '2', '--stop-timeout', '5']);
  const urls = [`http://127.0.0.1:${w.ports.http}/`, `https://127.0.0.1:${w.ports.https}/`];
  const loads = urls.map((url) => startLoad({ url, clients: 4, pauseMs: 3 }));
  const failures: string[] = [];
  let fresh = 0;
  let isOver = false;
  const freshOnes = [...urls, ...urls].map(async (url) => {
    while (!isOver) {
      const { error } = await exchange(url);
      if (error !== undefined) failures.push(`${url}: ${error}`);
      fresh++;
      await delay(3);
    }
  });
  const flows = Array.from({ length: 2 }, async () => {
    while (!isOver) {
      const flow = await Promise.race([openFlow(w.ports.tcp), delay(10_000, undefined, { ref: false })]);
      if (flow === undefined) failures.push('tcp: no echo');
      flow?.socket.destroy();
      fresh++;
      await delay(3);
    }
  });
  for (let round = 0; round < ROUNDS; round++) {
    const before = await w.takeOver();
    if (round % 2 === 1) {
      await w.bind('http', [w.web.a]);
      const served = w.web.b.count;
      await w.bind('https', [w.web.a]);
      const now = w.web.b.count;
      await delay(50);
      // Nothing began after the response, in either process.
      assert.equal(w.web.b.count, now, `${served} before`);
      await w.bind('http', [w.web.a, w.web.b]);
      await w.bind('https', [w.web.a, w.web.b]);
    }
    assert.equal(await before.end('SIGCONT'), 0, before.log());
  }
  isOver = true;
  for (const load of loads) await load.stop();
  await Promise.all([...freshOnes, ...flows]);
  assert.deepEqual([...failures, ...loads.flatMap((load) => load.failures())], []);
  assert.ok(fresh > 100);
});

test('what is open lives on in the process before, and writes reach it', async (t) => {
  const w = await world(t, ['--workers', '1', '--stop-timeout', '60']);
  const bound = { loadBalancerId: 'lb', protocol: 'TCP', port: w.ports.tcp, healthCheck: { protocol: 'none' } };
  await w.runtime.done('PUT', '/v1/listeners/tcp', { ...bound, maxConnections: 3 });
  const [kept, cut] = [await openFlow(w.ports.tcp), await openFlow(w.ports.tcp)];
  assert.deepEqual([kept.name, cut.name], ['a', 'b']);
  const before = await w.takeOver();
  await assert.rejects(w.start({ args: ['--take-over'] }), /SystemBusy.*still lets its connections finish/);
  kept.socket.write('?');
  await once(kept.socket, 'data');
  const status = async () => {
    const { listeners } = await w.runtime.done('GET', '/v1/status');
    return listeners.find(({ id }: { id: string }) => id === 'tcp');
  };
  // The flows of both processes count towards the limit, and balancing goes on where it was.
  const third = await openFlow(w.ports.tcp);
  assert.equal(third.name, 'a');
  await until('three open connections', async () => (await status()).traffic.openConnections === 3 || undefined);
  const rejected = connect({ host: '127.0.0.1', port: w.ports.tcp });
  rejected.on('error', () => {});
  await new Promise((resolve) => rejected.once('close', resolve));
  await w.bind('tcp', [w.echo.a]);
  await cut.closed;
  await until('two open connections', async () => (await status()).traffic.openConnections === 2 || undefined);
  assert.equal((await status()).targets[0].activeConnections, 2);
  kept.socket.write('?');
  await once(kept.socket, 'data');
  kept.socket.destroy();
  third.socket.destroy();
  assert.equal(await before.end('SIGCONT'), 0);
});

test('a new process that cannot serve leaves everything to the one before', async (t) => {
  const w = await world(t, ['--workers', '1']);
  const [keyFile, missing] = [join(temporaryDirectory(t), 'key'), join(temporaryDirectory(t), 'missing')];
  writeFileSync(keyFile, randomBytes(32), { mode: 0o600 });
  const start = (...args: string[]) => w.start({ args: ['--take-over', ...args] });
  await assert.rejects(start('--key-file', keyFile), /does not open/);
  await assert.rejects(start('--access-log', join(missing, 'log')), /cannot be written/);
  await assert.rejects(start('--api-cert', missing, '--api-key', missing), /ENOENT/);
  const api = `127.0.0.1:${w.ports.http}`;
  await assert.rejects(w.start({ api, args: ['--take-over'] }), /is in use/);
  await w.bind('http', [w.web.b]);
  assert.equal((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend, 'b');
});

test('a program that sends anything else to the socket disturbs no take-over', async (t) => {
  const w = await world(t, ['--workers', '1']);
  const path = join(w.runtime.dataDirectory, 'take-over.sock');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const silent = connect({ path });
  t.after(() => silent.destroy());
  const garbage = ['null\n', '{}\n', '{"message":{}}\n', '{"message":{"type":"ready"}}\n', 'x'];
  let isOver = false;
  const strangers = (async () => {
    for (let count = 0; !isOver; count++) {
      const stranger = connect({ path }).on('error', () => {});
      stranger.end(`${garbage[count % garbage.length]}`);
      await new Promise((resolve) => stranger.once('close', resolve));
      await delay(5);
    }
  })();
  const before = await w.takeOver();
  isOver = true;
  await strangers;
  silent.destroy();
  assert.equal(await before.end('SIGCONT'), 0, before.log());
  assert.ok((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend);
});

test('a newer release that ends after its migration leaves traffic to the one before, and may try again', async (t) => {
  const w = await world(t, ['--workers', '1']);
  const newer = new URL('../harness/runtime/newer-release.ts', import.meta.url);
  const { imports = [], env = {} } = killedAt('before serving');
  const failed = w.start({ imports: [newer, ...imports], env, args: ['--take-over'] });
  await assert.rejects(failed, /ended with null/);
  const { url } = w.runtime;
  const state = await until('the cause', async () => {
    const { status } = (await (await fetch(`${url}/readyz`)).json()) as { status: string };
    return status.includes('newer release') ? status : undefined;
  });
  assert.match(state, /^traffic goes on, but writes fail: .*start the newer release/);
  assert.ok((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend);
  const before = await w.takeOver({ imports: [newer] });
  await w.bind('http', [w.web.b]);
  assert.equal((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend, 'b');
  assert.equal(await before.end('SIGCONT'), 0);
});

test('nothing is handed over on a full disk, and the new process says so', async (t) => {
  const disk = await SmallDisk.mount(t, '4m');
  const w = await world(t, ['--workers', '1'], { disk });
  disk.fill();
  await assert.rejects(w.start({ disk, args: ['--take-over'] }), /SystemBusy.*the disk is full/);
  assert.ok((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend);
  disk.free();
  await until('a write', () => w.bind('http', [w.web.b]).catch(() => undefined));
});

test('without a running runtime a process that is to take over starts as usual', async (t) => {
  const w = await world(t, ['--workers', '1']);
  await w.runtime.end('SIGKILL');
  // The socket file of the killed process is still there.
  await w.takeOver();
  assert.ok((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend);
});

test('TLS sessions, sticky clients and UDP sessions of the process before go on', async (t) => {
  const w = await world(t, ['--workers', '2']);
  const { http } = w.ports;
  const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port: http, healthCheck: { protocol: 'none' } };
  await w.runtime.done('PUT', '/v1/listeners/http', { ...listener, stickySession: { type: 'source-ip' } });
  const first = (await exchange(`http://127.0.0.1:${http}/`)).backend;
  const ticket = await tlsTicket(w.ports.https);
  const udp = [await UdpBackend.start(t, 'a'), await UdpBackend.start(t, 'b')];
  const udpPort = await freePort();
  const dns = { loadBalancerId: 'lb', protocol: 'UDP', port: udpPort, healthCheck: { protocol: 'none' } };
  await w.runtime.done('PUT', '/v1/listeners/udp', dns);
  const targets = Object.fromEntries(udp.map(({ name, target }) => [name, target]));
  await w.runtime.done('PUT', '/v1/attachments/udp', { listenerId: 'udp', targets });
  // An odd number: new picks in the same order would give each client the other target.
  const clients = await Promise.all([1, 2, 3, 4, 5].map(() => UdpClient.open(t, udpPort)));
  const askAll = async () => {
    const responses: string[] = [];
    for (const client of clients) responses.push(await client.sendUntilReplied('?'));
    return responses;
  };
  const had = await askAll();
  assert.deepEqual(new Set(had), new Set(['a ?', 'b ?']));
  await w.takeOver();
  assert.deepEqual(await askAll(), had);
  assert.equal(await isResumed(w.ports.https, ticket), true);
  for (let i = 0; i < 4; i++) assert.equal((await exchange(`http://127.0.0.1:${http}/`)).backend, first);
});

test('systemd is told when a process serves, and that it is the main one of the service', async (t) => {
  const notified = await NotifySocket.open(t);
  const { pid } = await RuntimeProcess.start(t, { args: ['--workers', '1'], env: { NOTIFY_SOCKET: notified.path } });
  await notified.has('READY=1', `MAINPID=${pid}`);
});

/** Makes a TLS connection. Returns the ticket with which another one is resumed. */
async function tlsTicket(port: number): Promise<Buffer> {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  // Tickets come after the handshake, and are read like data.
  socket.resume();
  const [ticket] = await once(socket, 'session');
  socket.destroy();
  return ticket;
}

async function isResumed(port: number, session: Buffer): Promise<boolean> {
  const socket = tls.connect({ host: '127.0.0.1', port, session, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const isReused = socket.isSessionReused();
  socket.destroy();
  return isReused;
}

/** A runtime that ends itself at a step of a take-over. */
function killedAt(step: string): StartOptions {
  return {
    imports: [new URL('../harness/runtime/killed-at-step.ts', import.meta.url)],
    env: { WEIR_TEST_KILL: step },
  };
}

const SUCCESSOR_STEPS = [
  'after takeOver',
  'before prepared',
  'after prepared',
  'before serving',
  'after serving',
  'after ready',
];
const PREDECESSOR_STEPS = [
  'before state',
  'after state',
  'before released',
  'after released',
  'before left',
  'after left',
];

test('the new process is killed at any step: the one before goes on, with every acknowledged write', async (t) => {
  const w = await world(t, ['--workers', '1']);
  const url = `http://127.0.0.1:${w.ports.http}/`;
  for (const step of SUCCESSOR_STEPS) {
    const written = () => w.bind('http', [w.web.a, w.web.b], { tags: { step } });
    const failed = assert.rejects(w.start({ ...killedAt(step), args: ['--take-over'] }), /ended with null/);
    // The write may wait for the take-over, and is sent again if it was refused.
    await until(`a write (${step})`, () => written().catch(() => undefined));
    await failed;
    await until(`a response of the API (${step})`, () => w.runtime.done('GET', '/v1/status').catch(() => undefined));
    assert.deepEqual((await w.runtime.done('GET', '/v1/attachments/http')).tags, { step });
    await until(`a response through the listener (${step})`, async () => (await exchange(url)).backend);
  }
  const before = await w.takeOver();
  assert.equal(await before.end('SIGCONT'), 0);
});

test('the process before is killed at any step: the new one serves, with every acknowledged write', async (t) => {
  const [first = '', ...others] = PREDECESSOR_STEPS;
  const w = await world(t, ['--workers', '1'], killedAt(first));
  for (const [index, step] of PREDECESSOR_STEPS.entries()) {
    await w.bind('http', [w.web.b], { tags: { step } });
    // The process that takes over is the one that is killed at the next step.
    await w.takeOver(killedAt(others[index] ?? ''));
    assert.deepEqual((await w.runtime.done('GET', '/v1/attachments/http')).tags, { step });
    assert.equal((await exchange(`http://127.0.0.1:${w.ports.http}/`)).backend, 'b', step);
  }
});

test('flows that end in the process before are in the access log, the last ones of each worker too', async (t) => {
  const log = join(temporaryDirectory(t), 'access.log');
  const w = await world(t, ['--workers', '2', '--access-log', log]);
  const flows = await Promise.all(Array.from({ length: 6 }, () => openFlow(w.ports.tcp)));
  const before = await w.takeOver();
  for (const { socket } of flows) socket.destroy();
  // SIGCONT has no effect; `end` waits for the exit.
  assert.equal(await before.end('SIGCONT'), 0, before.log());
  assert.equal(readFileSync(log, 'utf8').match(/"protocol":"TCP"/g)?.length, flows.length);
});
