// The entry of TCP connections: each accepted socket of a TCP listener becomes a flow.
import type { AcceptClient } from '../serving/tcp-listening-socket.ts';
import { TcpFlow } from './flow.ts';

export const acceptTcp: AcceptClient = (socket, listeningSocket, named) => {
  new TcpFlow(socket, listeningSocket, named).start();
};
