// Takes accepted sockets of TCP listeners; each becomes a flow.
import type { Socket } from 'node:net';
import type { Binding } from '../serving/listening-socket.ts';
import { TcpFlow } from './flow.ts';

export function acceptTcp(socket: Socket, binding: Binding): void {
  new TcpFlow(socket, binding).start();
}
