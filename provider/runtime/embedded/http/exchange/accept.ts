// Where an accepted socket of an HTTP listener comes in: the binding calls acceptHttp for each.

import { HTTP_BUFFER_BYTES, RawSocket, type SocketHandler } from '../../io/raw-socket.ts';
import type { AcceptClient } from '../../serving/listening-socket.ts';
import { HTTP } from '../message/scheme.ts';
import { HttpClientConnection } from './client-connection.ts';

export const acceptHttp: AcceptClient = (socket, binding) => {
  const open = (handler: SocketHandler) => RawSocket.accept(socket, handler, { bufferBytes: HTTP_BUFFER_BYTES });
  new HttpClientConnection(binding, HTTP, open);
};
