// A TLS connection that was accepted: the bytes inside, over the TCP connection that carries it.
import type * as net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ConnectionHandler } from './connection.ts';
import { readByEvents, SocketConnection } from './socket-connection.ts';

export class TlsConnection extends SocketConnection {
  readonly #secure: TLSSocket;
  readonly #carrier: net.Socket;

  /** `carrier` is the TCP socket below `socket`. Reading starts at once. */
  static accept(socket: TLSSocket, carrier: net.Socket, handler: ConnectionHandler): TlsConnection {
    const connection = new TlsConnection(socket, carrier, handler);
    connection.resume();
    return connection;
  }

  private constructor(socket: TLSSocket, carrier: net.Socket, handler: ConnectionHandler) {
    super(handler, (connection) => readByEvents(socket, connection));
    this.#secure = socket;
    this.#carrier = carrier;
  }

  override get tlsVersion(): string | undefined {
    return this.#secure.getProtocol() ?? undefined;
  }

  /**
   * TLS reports every write an iteration later, so that the kernel's part is asked for below it. TLS copies what it
   * encrypts, but a chunk behind another one waits as it is.
   */
  protected override send(chunk: Buffer | string): boolean {
    const isAlone = this.socket.writableLength === 0;
    return super.send(chunk) || (isAlone && this.#isCarrierIdle);
  }

  get #isCarrierIdle(): boolean {
    return (this.#carrier as { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize === 0;
  }

  protected override resetCarrier(): void {
    this.#carrier.resetAndDestroy();
  }
}
