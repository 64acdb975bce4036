// A backend for slow clients: it takes whole bodies, answers /small shortly, and else with more than buffers hold.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export const LARGE_BYTES = 50 * 1024 * 1024;
const BLOCK = Buffer.alloc(256 * 1024, 'x');

export async function largeBackend(t: Pick<TestContext, 'after'>) {
  const server = createServer((request, response) => {
    if (request.url === '/small') {
      response.end('small');
      return;
    }
    if (request.method === 'POST') {
      request.resume().once('end', () => response.end());
      return;
    }
    response.setHeader('Content-Length', LARGE_BYTES);
    let left = LARGE_BYTES;
    const more = (): void => {
      while (left > 0) {
        left -= BLOCK.length;
        if (!response.write(BLOCK)) break;
      }
      if (left > 0) response.once('drain', more);
      else response.end();
    };
    more();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { target: { address: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}
