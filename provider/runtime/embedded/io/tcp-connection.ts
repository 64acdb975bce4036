// A plain TCP connection, accepted or made: it reads into one reused buffer.
import * as net from 'node:net';
import type { ConnectHandler, Connection, ConnectionHandler } from './connection.ts';
import { giveReadBuffer, takeReadBuffer } from './read-buffers.ts';
import { readByEvents, SocketConnection } from './socket-connection.ts';

/**
 * For flows and targets: more than HAProxy's 16 KiB reads large bodies in fewer iterations; pages that stay unused are
 * never committed. Responses of 1 MiB cost a quarter less CPU than with the 16 KiB of HTTP clients.
 */
const FLOW_BUFFER_BYTES = 32 * 1024;
export const HTTP_BUFFER_BYTES = 16 * 1024;

interface ConnectTarget {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export class TcpConnection extends SocketConnection {
  /** A failed or timed-out connect is `onClose(error)` without `onConnect`. Reading starts with the connection. */
  static connect({ address, port, timeoutMs }: ConnectTarget, handler: ConnectHandler): TcpConnection {
    const connection = new TcpConnection(handler, (made) => bufferedSocket(made, FLOW_BUFFER_BYTES));
    const { socket } = connection;
    const timer = setTimeout(() => {
      const error = new Error(`connect ETIMEDOUT ${address}:${port} after ${timeoutMs} ms`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    socket.once('connect', () => {
      clearTimeout(timer);
      handler.onConnect();
    });
    socket.on('close', () => clearTimeout(timer));
    // An address literal is connected to in this tick's nextTick queue, before any other event can be handled.
    socket.connect({ host: address, port });
    return connection;
  }

  /** Takes over a socket that a server gave with `pauseOnConnect` and `allowHalfOpen`. Reading starts at once. */
  static accept(socket: net.Socket, handler: ConnectionHandler, bufferBytes = FLOW_BUFFER_BYTES): TcpConnection {
    const connection = new TcpConnection(handler, (made) => {
      const handle = takeHandle(socket);
      return handle === undefined ? readByEvents(socket, made) : bufferedSocket(made, bufferBytes, handle);
    });
    connection.resume();
    return connection;
  }
}

function bufferedSocket(connection: Connection, bufferBytes: number, handle?: object): net.Socket {
  const buffer = takeReadBuffer(bufferBytes);
  /** The last chunk's memory was still needed when onData() returned. */
  let isLent = false;
  const callback = (bytes: number): boolean => {
    isLent = !connection.handler.onData(buffer.subarray(0, bytes));
    return !isLent;
  };
  const init = { allowHalfOpen: true, readable: true, writable: true, handle, onread: { buffer, callback } };
  const socket = new PatientSocket(init as net.SocketConstructorOpts);
  // Another socket may still have to write from a buffer that is lent.
  socket.on('close', () => {
    if (!isLent) giveReadBuffer(buffer);
  });
  return socket;
}

/**
 * A peer that responds early and closes has often reset the connection before its response is read. Node destroys a
 * socket in the tick of the failed write; two immediates have a whole poll between them, which reads what the kernel
 * still has.
 */
class PatientSocket extends net.Socket {
  override destroy(error?: Error): this {
    if ((error as NodeJS.ErrnoException | undefined)?.syscall !== 'write') return super.destroy(error);
    setImmediate(() => setImmediate(() => super.destroy(error)));
    return this;
  }
}

/**
 * The libuv handle of an accepted socket, for a new net.Socket with `onread`: Node offers that option only where it
 * makes the socket itself (measured: 1.2 times the requests per second of 'data' events). Returns `undefined` if the
 * undocumented parts are not there: the socket is then read by events.
 */
function takeHandle(socket: net.Socket): object | undefined {
  const shell = socket as net.Socket & { _handle?: { useUserBuffer?: unknown } | null };
  const handle = shell._handle;
  if (!handle || typeof handle.useUserBuffer !== 'function') return undefined;
  shell._handle = null;
  // Without its handle the shell closes nothing, but its server stops counting it.
  shell.destroy();
  return handle;
}
