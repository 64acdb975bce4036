// Where an accepted socket of an HTTP listener comes in: the binding calls acceptHttp for each.
import type { AcceptClient } from '../binding.ts';
import { HTTP_BUFFER_BYTES, RawSocket } from '../raw-socket.ts';
import { HttpClientConnection } from './client-connection.ts';
import { pool } from './pool.ts';

export const acceptHttp: AcceptClient = (socket, binding) => {
  new HttpClientConnection(binding, (handler) => RawSocket.accept(socket, handler, { bufferBytes: HTTP_BUFFER_BYTES }));
};

/** For a worker that stops: its idle connections to targets would keep it alive until they expire. */
export function closeIdleUpstreams(): void {
  pool.clear();
}
