// Where an accepted socket of an HTTP listener comes in: the binding calls acceptHttp for each.
import type { AcceptClient } from '../binding.ts';
import { HTTP_BUFFER_BYTES, RawSocket, type SocketHandler } from '../raw-socket.ts';
import { HttpClientConnection } from './client-connection.ts';
import { pool } from './pool.ts';
import { HTTP } from './scheme.ts';

export const acceptHttp: AcceptClient = (socket, binding) => {
  const open = (handler: SocketHandler) => RawSocket.accept(socket, handler, { bufferBytes: HTTP_BUFFER_BYTES });
  new HttpClientConnection(binding, HTTP, open);
};

/** For a worker that stops: its idle connections to targets would keep it alive until they expire. */
export function closeIdleUpstreams(): void {
  pool.clear();
}
