// A reader of the first bytes of an accepted socket that leaves every byte after them to the next owner of the socket.
import * as net from 'node:net';
import { pausedSocketOf, takeHandle } from './accepted-handle.ts';

export class ExactReader {
  readonly #shell: net.Socket;
  readonly #missing: (read: Buffer) => number;
  readonly #onRead: (socket: net.Socket | undefined, read: Buffer) => void;
  #read = Buffer.alloc(0);
  #wanted: number;
  #isDone = false;

  /**
   * Takes a socket that a server accepted paused. `missing` tells from the bytes so far how many may be read next: 0
   * ends the reading, and a negative number ends the connection. `onRead` gets a paused socket for the rest, or
   * `undefined` if the connection ended before.
   */
  constructor(
    socket: net.Socket,
    missing: (read: Buffer) => number,
    onRead: (socket: net.Socket | undefined, read: Buffer) => void,
  ) {
    this.#missing = missing;
    this.#onRead = onRead;
    this.#wanted = missing(this.#read);
    const handle = takeHandle(socket);
    // The size of the buffer bounds what one read takes from the kernel.
    const buffer = () => Buffer.allocUnsafeSlow(Math.max(1, this.#wanted));
    const callback = (bytes: number, read: Buffer) => this.#take(read.subarray(0, bytes));
    const init = { allowHalfOpen: true, readable: true, writable: true, handle, onread: { buffer, callback } };
    this.#shell = new net.Socket(init as unknown as net.SocketConstructorOpts);
    if (handle === undefined) socket.destroy();
    this.#shell.on('error', () => {});
    this.#shell.on('end', () => this.reset());
    this.#shell.on('close', () => this.#end(undefined));
    if (handle === undefined) this.#shell.destroy();
    else this.#shell.resume();
  }

  /** Resets the connection. `onRead` is called with `undefined`. */
  reset(): void {
    if (!this.#isDone) this.#shell.resetAndDestroy();
  }

  #take(bytes: Buffer): boolean {
    this.#read = Buffer.concat([this.#read, bytes]);
    this.#wanted = this.#missing(this.#read);
    if (this.#wanted > 0) return true;
    // Node stops reading after the present callback returned `false`, and the handle must not pass on before.
    process.nextTick(() => this.#finish());
    return false;
  }

  #finish(): void {
    if (this.#isDone || this.#shell.destroyed) return;
    if (this.#wanted < 0) {
      this.reset();
      return;
    }
    this.#end(pausedSocketOf(takeHandle(this.#shell)));
  }

  #end(socket: net.Socket | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#onRead(socket, this.#read);
  }
}
