// Memory that a response of 1 GiB takes while its reader is slow.
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { residentBytes } from '../../harness/clients/crowd.ts';
import { type MeasureBound, mebibytes } from './bound.ts';
import { startWorld } from './world.ts';

const BODY_BYTES = 2 ** 30;
const PIECE = Buffer.alloc(2 ** 20, 'weir');
const BOUND_BYTES = 64 * 2 ** 20;
/** The reader pauses for PAUSE_MS after every PAUSE_EVERY_BYTES, which makes it far slower than the backend. */
const PAUSE_MS = 2;
const PAUSE_EVERY_BYTES = 2 ** 20;

export const measureMemory: MeasureBound = async ({ cleanUp, signal }) => {
  const backend = createServer((request, response) => {
    response.writeHead(200, { 'content-length': request.url === '/large' ? BODY_BYTES : 0 });
    let left = request.url === '/large' ? BODY_BYTES : 0;
    const send = () => {
      let isTaken = true;
      while (isTaken && left > 0) {
        left -= PIECE.length;
        isTaken = response.write(PIECE);
      }
      if (left === 0) response.end();
    };
    response.on('drain', send);
    send();
  }).listen(0, '127.0.0.1');
  cleanUp.after(() => backend.closeAllConnections());
  cleanUp.after(() => backend.close());
  await once(backend, 'listening');
  const target = { address: '127.0.0.1', port: (backend.address() as AddressInfo).port };
  const { url, runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, { target });
  await fetch(url);
  const before = residentBytes(runtime.pid);

  const [response] = (await once(get(`${url}large`, { signal }), 'response')) as [IncomingMessage];
  let received = 0;
  let pausedAt = 0;
  let peak = before;
  response.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received < pausedAt + PAUSE_EVERY_BYTES) return;
    pausedAt = received;
    peak = Math.max(peak, residentBytes(runtime.pid));
    response.pause();
    setTimeout(() => response.resume(), PAUSE_MS);
  });
  await once(response, 'end', { signal });
  return [
    {
      what: `${received === BODY_BYTES ? '1 GiB' : `${received} bytes`} to a slow reader: growth of the process`,
      bound: mebibytes(BOUND_BYTES),
      measured: mebibytes(peak - before),
      isMet: received === BODY_BYTES && peak - before < BOUND_BYTES,
    },
  ];
};
