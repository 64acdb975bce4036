// An accepted TLS connection over Node's sockets: the decrypted bytes, over the TCP connection that carries it.
import type * as net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConnectionEnds, ConnectionHandler } from './connection.ts';
import { readByEvents, SocketConnection } from './socket-connection.ts';
import type { TlsServer } from './tls-server.ts';
import { secureSocket } from './tls-socket.ts';

export class TlsConnection extends SocketConnection {
  readonly #secure: TLSSocket;
  readonly #carrier: net.Socket;

  /**
   * Takes a socket that a server accepted with `pauseOnConnect` and `allowHalfOpen`. Reading starts at once. `named` are
   * the ends that a PROXY header named.
   */
  static accept(
    carrier: net.Socket,
    handler: ConnectionHandler,
    server: TlsServer,
    named?: ConnectionEnds,
  ): TlsConnection {
    const connection = new TlsConnection(secureSocket(carrier, server), carrier, handler, named);
    connection.resume();
    return connection;
  }

  private constructor(
    socket: TLSSocket,
    carrier: net.Socket,
    handler: ConnectionHandler,
    named: ConnectionEnds | undefined,
  ) {
    super(handler, (connection) => readByEvents(socket, connection), named);
    this.#secure = socket;
    this.#carrier = carrier;
  }

  override get tlsVersion(): string | undefined {
    return this.#secure.getProtocol() ?? undefined;
  }

  /**
   * Node reports a TLS write as done one event-loop iteration later, therefore the queue of the TCP socket is checked
   * instead. TLS copies the chunk that it encrypts, but not a chunk that waits behind another one.
   */
  protected override send(chunk: Buffer | string): boolean {
    const isAlone = this.socket.writableLength === 0;
    return super.send(chunk) || (isAlone && this.#isCarrierIdle);
  }

  get #isCarrierIdle(): boolean {
    return (this.#carrier as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize === 0;
  }

  protected override get carrier(): net.Socket {
    return this.#carrier;
  }
}
