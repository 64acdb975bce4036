// A backend that speaks TCP, UDP and HTTP on one port, for attachments that serve listeners of every protocol.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { type Backend, freePort, listen } from './backends.ts';
import { UdpBackend } from './udp.ts';

/**
 * Starts a backend that sends its name to every client. An HTTP response is the name; a TCP client gets the name as a
 * line, then an echo of its bytes.
 */
export async function anyBackend(t: Pick<TestContext, 'after'>, name: string): Promise<Backend> {
  const http = createHttpServer((_request, response) => response.end(name));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      if (String(first).includes('HTTP/1.1')) {
        http.emit('connection', socket);
        socket.unshift(first);
        return;
      }
      socket.write(`${name}\n`);
      socket.write(first);
      socket.pipe(socket);
    });
  });
  // A port that the kernel chooses for TCP may be in use for UDP; `freePort` gives one that is free for both.
  const backend = await listen(t, name, server, await freePort());
  await UdpBackend.start(t, name, '127.0.0.1', backend.port);
  return backend;
}
