// The effect of 10,000 clients of one listener on another one, in a runtime with some 200 free file descriptors.
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../harness/backends/backends.ts';
import { exchange } from '../../harness/clients/load.ts';
import { RuntimeProcess, temporaryDirectory } from '../../harness/runtime/runtime.ts';
import { startBackend } from '../peers.ts';
import { type MeasureBound, milliseconds } from './bound.ts';

const OPEN_FILES = 250;
const CLIENTS = 10_000;
/** Clients that connect in each millisecond; more would measure how busy the machine is. */
const CLIENTS_PER_MS = 2;

export const measureOpenFiles: MeasureBound = async ({ programs, cleanUp }) => {
  const backend = await startBackend({ programs, directory: temporaryDirectory(cleanUp), cleanUp });
  const runtime = await RuntimeProcess.start(cleanUp, { args: ['--workers', '2'], openFiles: OPEN_FILES });
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const [flooded, quiet] = [await freePort(), await freePort()];
  for (const [id, port] of Object.entries({ flooded, quiet })) {
    const listener = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: { protocol: 'none' } };
    await runtime.done('PUT', `/v1/listeners/${id}`, listener);
    const targets = { a: { address: '127.0.0.1', port: backend.port } };
    await runtime.done('PUT', `/v1/attachments/${id}`, { listenerId: id, targets });
  }
  const sockets: Socket[] = [];
  cleanUp.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const failures: string[] = [];
  let [requests, isOver, longestMs] = [0, false, 0];
  const visits = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      const { error } = await exchange(`http://127.0.0.1:${quiet}/small`);
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      if (error !== undefined) failures.push(error);
      requests += 1;
    }
  })();
  for (let clients = 0; clients < CLIENTS; clients++) {
    const socket = connect({ host: '127.0.0.1', port: flooded });
    socket.on('error', () => {});
    socket.write('GET /small HTTP/1.1\r\nHost: a\r\n\r\n');
    sockets.push(socket.resume());
    if (clients % CLIENTS_PER_MS === 0) await delay(1);
  }
  isOver = true;
  await visits;
  return [
    {
      what: `${CLIENTS} clients of one listener and ${OPEN_FILES} open files: failed requests of another one, of ${requests}`,
      bound: '0',
      measured: `${failures.length}`,
      isMet: failures.length === 0,
    },
    {
      what: 'the longest of these requests',
      bound: 'below 1 s',
      measured: milliseconds(longestMs),
      isMet: longestMs < 1_000,
    },
  ];
};
