// The entry of TCP connections: each accepted socket of a TCP listener becomes a flow.
import type { Socket } from 'node:net';
import type { TcpListeningSocket } from '../serving/tcp-listening-socket.ts';
import { TcpFlow } from './flow.ts';

export function acceptTcp(socket: Socket, listeningSocket: TcpListeningSocket): void {
  new TcpFlow(socket, listeningSocket).start();
}
