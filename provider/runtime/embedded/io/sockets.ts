// The kind of sockets that this thread carries traffic on: raw handles of libuv, or Node's own sockets.
import type * as net from 'node:net';
import { handlesObstacle } from '../../handles/bindings.ts';
import { AcceptedHandle, AcceptedNodeSocket, type AcceptedSocket } from './accepted-socket.ts';
import { type ConnectHandler, type Connection, type ConnectTarget, KEEP_ALIVE_MS } from './connection.ts';
import { RawConnection } from './raw-connection.ts';
import type { TcpHandle } from './raw-handles.ts';
import { TcpConnection } from './tcp-connection.ts';

let kind: 'raw' | 'net' = 'net';

/** Sets the kind for all later connections of this thread. Returns why it is `net` although `raw` was wanted. */
export function useSockets(wanted: 'raw' | 'net'): string | undefined {
  const obstacle = wanted === 'raw' ? handlesObstacle : undefined;
  kind = obstacle === undefined ? wanted : 'net';
  return obstacle;
}

/** Connects to a target, as described for the two classes of connections. */
export function connect(target: ConnectTarget, handler: ConnectHandler): Connection {
  return kind === 'raw' ? RawConnection.connect(target, handler) : TcpConnection.connect(target, handler);
}

/** The rest of a socket of which the first bytes were read. */
export function acceptedRest(socket: net.Socket): AcceptedSocket {
  const handle = kind === 'raw' ? AcceptedHandle.of(socket) : undefined;
  return handle ?? new AcceptedNodeSocket(socket);
}

interface ListeningHandle extends TcpHandle {
  onconnection(status: number, client: TcpHandle | undefined): void;
}

/**
 * Passes accepted sockets to `accept`. With raw handles it replaces the callback of the server's handle, so that no
 * net.Socket is made; call it when the server listens. `onFailed` gets the error of a failed accept.
 */
export function acceptFrom(server: net.Server, accept: (socket: AcceptedSocket) => void): void {
  const { _handle: handle } = server as net.Server & { _handle?: ListeningHandle };
  if (kind === 'net' || handle === undefined) {
    server.on('connection', (socket) => accept(new AcceptedNodeSocket(socket)));
    return;
  }
  // Accepted sockets inherit both options on Linux, which saves five system calls for each of them.
  handle.setNoDelay(true);
  handle.setKeepAlive(true, KEEP_ALIVE_MS / 1000);
  const { onconnection } = handle;
  handle.onconnection = function onConnection(status, client) {
    // Node's own callback reports a failed accept as an error of the server.
    if (client === undefined) onconnection.call(this, status, client);
    else accept(new AcceptedHandle(client));
  };
}
