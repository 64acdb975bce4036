// Datagram sockets that bind, connect and send in the tick of the call, so that a pick and its datagram stay together.
import { createSocket, type Socket, type SocketOptions } from 'node:dgram';

/** Limit for datagrams queued in memory, above which they are dropped. The kernel usually takes each at once. */
const MAX_QUEUED_BYTES = 1024 * 1024;
/** Receive buffer for datagrams that arrive while the worker is busy. The kernel caps it at net.core.rmem_max. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/**
 * A lookup that returns address literals at once. Node's own lookup completes in a later tick even for literals; with
 * this one all later calls are synchronous.
 */
const lookup: SocketOptions['lookup'] = (address, _options, callback) => {
  callback(null, address, address.includes(':') ? 6 : 4);
};

/** Makes a socket for an IPv4 or IPv6 address, which may be its own address or its peer's. */
export function datagramSocket(address: string, { reusePort = false } = {}): Socket {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  return createSocket({ type, lookup, reusePort, recvBufferSize: RECEIVE_BUFFER_BYTES });
}

interface ConnectFailures {
  /** This machine could not provide a socket, which says nothing about the peer. */
  onLocalFault(error: Error): void;
  /** The connect to the peer failed. Called in a later tick. */
  onConnectFailed(error: Error): void;
}

/** Returns a datagram socket that is connected to the peer, or `undefined` if that failed. */
export function connectedSocket(address: string, port: number, failures: ConnectFailures): Socket | undefined {
  const socket = datagramSocket(address);
  let fault: Error | undefined;
  const onFault = (error: Error) => {
    fault = error;
  };
  socket.once('error', onFault);
  // The socket is bound here, because a socket that fails to bind inside connect() can never be closed.
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

/** Returns `true` if the socket's send queue has room. Otherwise the datagram must be dropped. */
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
