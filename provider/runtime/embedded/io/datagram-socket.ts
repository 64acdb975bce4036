// Datagram sockets that bind, connect and send in the tick of the call, as a pick and its datagram must not be parted.
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** What a socket may have queued in memory before datagrams are dropped: the kernel takes them at once but under pressure. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Datagrams that come while the worker is busy wait here; the kernel cuts it at net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** Node looks literals up too, in a later tick; one that responds at once makes every call after it synchronous. */
const lookup: SocketOptions['lookup'] = (address, _options, callback) => {
  callback(null, address, isIPv6(address) ? 6 : 4);
};

/** `address`: its own or its peer's. */
export function datagramSocket(address: string, { reusePort = false } = {}): Socket {
  const type = isIPv6(address) ? 'udp6' : 'udp4';
  return createSocket({ type, lookup, reusePort, recvBufferSize: RECEIVE_BUFFER_BYTES });
}

interface ConnectFailures {
  /** No socket could be had, which says nothing of the peer. */
  onLocalFault(error: Error): void;
  /** In a later tick. */
  onConnectFailed(error: Error): void;
}

/** Connected when it returns; undefined: it failed. */
export function connectedSocket(address: string, port: number, failures: ConnectFailures): Socket | undefined {
  const socket = datagramSocket(address);
  let fault: Error | undefined;
  const onFault = (error: Error) => {
    fault = error;
  };
  socket.once('error', onFault);
  // Not left to connect(): a socket that fails to bind there can never be closed.
  socket.bind({ port: 0, exclusive: true });
  socket.off('error', onFault);
  if (fault) {
    socket.close();
    failures.onLocalFault(fault);
    return undefined;
  }
  socket.connect(port, address, (error?: Error) => {
    if (error) failures.onConnectFailed(error);
  });
  if (isConnected(socket)) return socket;
  socket.close();
  return undefined;
}

/** False: too much is queued, and the datagram must be dropped. */
export function hasRoom(socket: Socket): boolean {
  return socket.getSendQueueSize() < MAX_QUEUED_BYTES;
}

function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch {
    return false;
  }
}
