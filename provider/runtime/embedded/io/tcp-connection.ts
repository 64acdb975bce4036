// A plain TCP connection, accepted or made by a connect, which reads into one reused buffer.
import * as net from 'node:net';
import { takeHandle } from './accepted-handle.ts';
import type { ConnectHandler, Connection, ConnectionEnds, ConnectionHandler, ConnectTarget } from './connection.ts';
import { giveUpAfter } from './deadlines.ts';
import { descriptors } from './descriptors.ts';
import { giveReadBuffer, takeReadBuffer } from './read-buffers.ts';
import { readByEvents, SocketConnection } from './socket-connection.ts';

/**
 * Read buffer of TCP flows and of connections to targets. More than HAProxy's 16 KiB reads large bodies in fewer
 * iterations: responses of 1 MiB cost a quarter less CPU than with 16 KiB. Memory pages that stay unused are never
 * committed.
 */
const FLOW_BUFFER_BYTES = 32 * 1024;
/** Read buffer of an HTTP client's connection. */
export const HTTP_BUFFER_BYTES = 16 * 1024;

export class TcpConnection extends SocketConnection {
  /**
   * Connects to a target. A failed or timed-out connect is reported by `onClose(error)` without `onConnect`. Reading
   * starts when the connection is established.
   */
  static connect({ address, port, timeoutMs }: ConnectTarget, handler: ConnectHandler): TcpConnection {
    const connection = new TcpConnection(handler, (made) => bufferedSocket(made, FLOW_BUFFER_BYTES));
    const { socket } = connection;
    const cancel = giveUpAfter(timeoutMs, () => {
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    });
    socket.once('connect', () => {
      cancel();
      handler.onConnect();
    });
    descriptors.takeUpstream();
    socket.on('close', () => {
      cancel();
      descriptors.giveUpstream();
    });
    // A connect to an address literal starts in the nextTick queue of this tick, before any other event is handled.
    socket.connect({ host: address, port });
    return connection;
  }

  /**
   * Takes a socket that a server accepted with `pauseOnConnect` and `allowHalfOpen`. Reading starts at once. `named` are
   * the ends that a PROXY header named. Without the handle of the socket, it is read by events.
   */
  static accept(
    socket: net.Socket,
    handler: ConnectionHandler,
    named?: ConnectionEnds,
    bufferBytes = FLOW_BUFFER_BYTES,
  ): TcpConnection {
    const open = (made: Connection) => {
      const handle = takeHandle(socket);
      return handle === undefined ? readByEvents(socket, made) : bufferedSocket(made, bufferBytes, handle);
    };
    const connection = new TcpConnection(handler, open, named);
    connection.resume();
    return connection;
  }
}

function bufferedSocket(connection: Connection, bufferBytes: number, handle?: object): net.Socket {
  const buffer = takeReadBuffer(bufferBytes);
  /** True if the chunk that was read last is still needed: onData() returned `false` for it. */
  let isLent = false;
  const callback = (bytes: number): boolean => {
    isLent = !connection.handler.onData(buffer.subarray(0, bytes));
    return !isLent;
  };
  const init = { allowHalfOpen: true, readable: true, writable: true, handle, onread: { buffer, callback } };
  const socket = new PatientSocket(init as net.SocketConstructorOpts);
  // A read buffer that was still lent to another socket is not reused, because that socket may still write from it.
  socket.on('close', () => {
    if (!isLent) giveReadBuffer(buffer);
  });
  return socket;
}

/**
 * A socket that is destroyed two immediates after a failed write. A peer that responds early and closes has often reset
 * the connection before its response is read, and Node destroys a socket in the tick of the failed write. Between the
 * two immediates the event loop polls once more and reads the bytes that the kernel still has.
 */
class PatientSocket extends net.Socket {
  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return super.destroy(error);
    setImmediate(() => setImmediate(() => super.destroy(error)));
    return this;
  }
}
