// The entry of HTTP connections: each accepted socket of an HTTP listener becomes a client connection.

import { HTTP_BUFFER_BYTES } from '../../io/tcp-connection.ts';
import type { AcceptClient } from '../../serving/tcp-listening-socket.ts';
import { HTTP } from '../message/scheme.ts';
import { HttpClientConnection } from './client-connection.ts';

export const acceptHttp: AcceptClient = (socket, listeningSocket, named) => {
  new HttpClientConnection(listeningSocket, HTTP, (handler) => socket.toConnection(handler, named, HTTP_BUFFER_BYTES));
};
