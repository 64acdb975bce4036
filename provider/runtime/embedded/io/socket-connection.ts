// The common part of connections over Node sockets, which knows when the data that was written has left user space.
import { Buffer } from 'node:buffer';
import type * as net from 'node:net';
import { plainAddress } from '../../../model/base/plain-address.ts';
import {
  type Connection,
  type ConnectionEnd,
  type ConnectionEnds,
  type ConnectionHandler,
  KEEP_ALIVE_MS,
} from './connection.ts';
import { isThreadBuffer } from './read-buffers.ts';

const NOTHING = Buffer.alloc(0);

export abstract class SocketConnection implements Connection {
  handler: ConnectionHandler;
  protected readonly socket: net.Socket;
  #isBlocked = false;
  #error: Error | undefined;
  /** The ends of the client's connection to a load balancer in front. `undefined` if that named no client. */
  readonly #named: ConnectionEnds | undefined;

  /** `open` makes the socket, which passes the data that it reads to `connection.handler`. */
  protected constructor(
    handler: ConnectionHandler,
    open: (connection: Connection) => net.Socket,
    named?: ConnectionEnds,
  ) {
    this.handler = handler;
    this.#named = named;
    const socket = open(this);
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('end', () => this.handler.onEnd());
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    // Node emits 'close' only once, and once() would cost one more allocation than on().
    socket.on('close', () => this.handler.onClose(this.#error));
  }

  get remoteAddress(): string {
    return this.#named?.remote.address ?? plainAddress(this.socket.remoteAddress ?? '');
  }

  get remotePort(): number {
    return this.#named?.remote.port ?? this.socket.remotePort ?? 0;
  }

  get remote(): ConnectionEnd {
    return { address: this.remoteAddress, port: this.remotePort };
  }

  get local(): ConnectionEnd {
    return this.#named?.local ?? { address: this.socket.localAddress ?? '', port: this.socket.localPort ?? 0 };
  }

  get bytesRead(): number {
    return this.socket.bytesRead;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  get handedOver(): number | undefined {
    const { _handle } = this.carrier as { _handle?: { bytesWritten?: number; writeQueueSize?: number } | null };
    if (_handle?.bytesWritten === undefined || _handle.writeQueueSize === undefined) return undefined;
    return _handle.bytesWritten - _handle.writeQueueSize;
  }

  get kernelEnds(): ConnectionEnds | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.carrier;
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    return {
      local: { address: localAddress, port: localPort },
      remote: { address: remoteAddress, port: remotePort },
    };
  }

  get tlsVersion(): string | undefined {
    return undefined;
  }

  get isDestroyed(): boolean {
    return this.socket.destroyed;
  }

  write(chunk: Buffer | string): boolean {
    if (chunk.length === 0 || this.socket.destroyed) return !this.#isBlocked;
    if (this.send(chunk)) return true;
    // Only an empty write after a queued chunk has a callback: a callback on every write costs a sixth of the thread's
    // user time.
    if (!this.#isBlocked) this.socket.write(NOTHING, this.#onWritten);
    this.#isBlocked = true;
    return false;
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // libuv refuses a reset while a shutdown is in progress (one iteration), and Node defers a reset during a connect.
    const isShuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
    if (!socket.connecting && !isShuttingDown) this.carrier.resetAndDestroy();
    socket.destroy();
  }

  /** The TCP socket that carries the bytes. */
  protected get carrier(): net.Socket {
    return this.socket;
  }

  /** Writes a chunk to the socket. Returns `true` if all of it has left user space. */
  protected send(chunk: Buffer | string): boolean {
    const { socket } = this;
    if (typeof chunk === 'string') socket.write(chunk, 'latin1');
    // A chunk that waits behind another one stays in memory into which the thread's next read goes.
    else socket.write(socket.writableLength > 0 && isThreadBuffer(chunk) ? Buffer.from(chunk) : chunk);
    // Node tries the system call inside write(): a `writableLength` of 0 means that the kernel took the whole chunk.
    return socket.writableLength === 0;
  }

  readonly #onWritten = (error?: Error | null): void => {
    if (!this.#isBlocked || error) return;
    if (this.socket.writableLength > 0) {
      // An empty write marks the end of the queued data. More data was queued after this one, so another must follow.
      this.socket.write(NOTHING, this.#onWritten);
      return;
    }
    this.#isBlocked = false;
    this.handler.onWritable();
  };
}

/** Reads a socket by 'data' events, which allocate every chunk. */
export function readByEvents(socket: net.Socket, connection: Connection): net.Socket {
  return socket.on('data', (chunk: Buffer) => {
    if (!connection.handler.onData(chunk)) socket.pause();
  });
}
