// A client's socket that was accepted and of which nothing was read, before a protocol takes it.
import type * as net from 'node:net';
import { plainAddress } from '../../../model/base/plain-address.ts';
import { pausedSocketOf, takeHandle } from './accepted-handle.ts';
import type { Connection, ConnectionEnds, ConnectionHandler } from './connection.ts';
import { RawConnection } from './raw-connection.ts';
import type { HandleEnd, TcpHandle } from './raw-handles.ts';
import { RawTlsConnection } from './raw-tls-connection.ts';
import { TcpConnection } from './tcp-connection.ts';
import { TlsConnection } from './tls-connection.ts';
import type { TlsServer } from './tls-server.ts';

export interface AcceptedSocket {
  /** The peer's address in one form for every listener; '' if the peer is gone. */
  readonly remoteAddress: string;
  /** Resets the connection. */
  reset(): void;
  /** Makes it a connection, which reads at once. `named` are the ends that a PROXY header named. */
  toConnection(handler: ConnectionHandler, named?: ConnectionEnds, bufferBytes?: number): Connection;
  /** Makes it a TLS connection, which begins its handshake at once. `named` are the ends that a PROXY header named. */
  toTlsConnection(handler: ConnectionHandler, server: TlsServer, named?: ConnectionEnds): Connection;
  /** Makes it a paused socket of Node, for a rejection or for a first look. */
  toSocket(): net.Socket;
}

/** A socket that a net.Server accepted with `pauseOnConnect` and `allowHalfOpen`. */
export class AcceptedNodeSocket implements AcceptedSocket {
  readonly #socket: net.Socket;

  constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  get remoteAddress(): string {
    return plainAddress(this.#socket.remoteAddress ?? '');
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  toConnection(handler: ConnectionHandler, named?: ConnectionEnds, bufferBytes?: number): Connection {
    return TcpConnection.accept(this.#socket, handler, named, bufferBytes);
  }

  toTlsConnection(handler: ConnectionHandler, server: TlsServer, named?: ConnectionEnds): Connection {
    return TlsConnection.accept(this.#socket, handler, server, named);
  }

  toSocket(): net.Socket {
    return this.#socket;
  }
}

/** A handle that a listening handle accepted. */
export class AcceptedHandle implements AcceptedSocket {
  readonly #handle: TcpHandle;

  /** Takes the handle of a socket that was made for a first look. Returns `undefined` if the socket is closed. */
  static of(socket: net.Socket): AcceptedHandle | undefined {
    const handle = takeHandle(socket);
    return handle && new AcceptedHandle(handle as TcpHandle);
  }

  constructor(handle: TcpHandle) {
    this.#handle = handle;
  }

  get remoteAddress(): string {
    const end: HandleEnd = { address: '', family: '', port: 0 };
    this.#handle.getpeername(end);
    return plainAddress(end.address);
  }

  reset(): void {
    this.#handle.reset(() => {});
  }

  toConnection(handler: ConnectionHandler, named?: ConnectionEnds): Connection {
    return RawConnection.accept(this.#handle, handler, named);
  }

  toTlsConnection(handler: ConnectionHandler, server: TlsServer, named?: ConnectionEnds): Connection {
    return RawTlsConnection.accept(this.#handle, handler, server, named);
  }

  toSocket(): net.Socket {
    return pausedSocketOf(this.#handle);
  }
}
