// A backend for slow clients: large responses that exceed all buffers, short ones at /small, and uploads read to the
// end.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export const LARGE_BYTES = 50 * 1024 * 1024;
const BLOCK = Buffer.alloc(256 * 1024, 'x');

interface LargeBackend {
  readonly target: { address: string; port: number };
  /** Number of large responses that were begun, and the bytes of them that the kernel has accepted. */
  readonly begun: number;
  readonly taken: number;
}

export async function largeBackend(t: Pick<TestContext, 'after'>): Promise<LargeBackend> {
  let begun = 0;
  let taken = 0;
  const server = createServer((request, response) => {
    if (request.url === '/small') {
      response.end('small');
      return;
    }
    if (request.method === 'POST') {
      request.resume().once('end', () => response.end());
      return;
    }
    begun++;
    response.setHeader('Content-Length', LARGE_BYTES);
    let left = LARGE_BYTES;
    const next = (): void => {
      if (left === 0) {
        response.end();
        return;
      }
      left -= BLOCK.length;
      response.write(BLOCK, (error) => {
        if (error) return;
        taken += BLOCK.length;
        next();
      });
    };
    next();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    target: { address: '127.0.0.1', port: (server.address() as AddressInfo).port },
    get begun() {
      return begun;
    },
    get taken() {
      return taken;
    },
  };
}
