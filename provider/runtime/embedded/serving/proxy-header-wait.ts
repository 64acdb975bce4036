// A client connection of which the PROXY header is still awaited; it ends when the header is whole, wrong or late.
import type { Socket } from 'node:net';
import type { ConnectionEnds } from '../io/connection.ts';
import { giveUpAfter } from '../io/deadlines.ts';
import { ExactReader } from '../io/exact-reader.ts';
import { BAD_HEADER, missingBytes, parseProxyHeader, UNNAMED } from './proxy-header.ts';

/** How long a sender may take for its header. */
const HEADER_MS = 5_000;
/** How long a sender may take for its header from the beginning of a drain. */
const DRAINING_MS = 1_000;

export class ProxyHeaderWait {
  readonly #reader: ExactReader;
  #cancel: () => void;

  /**
   * `onHeader` gets the socket for the bytes after the header and the ends of the client's connection, or `undefined` if
   * the header names no client: the ends of the socket then count. `onFailed` is called if no valid header came.
   */
  constructor(
    socket: Socket,
    onHeader: (socket: Socket, ends: ConnectionEnds | undefined) => void,
    onFailed: () => void,
  ) {
    this.#cancel = giveUpAfter(HEADER_MS, () => this.#reader.reset());
    this.#reader = new ExactReader(socket, missingBytes, (rest, header) => {
      this.#cancel();
      const ends = rest === undefined ? BAD_HEADER : parseProxyHeader(header);
      if (rest !== undefined && ends !== BAD_HEADER) {
        onHeader(rest, ends === UNNAMED ? undefined : ends);
        return;
      }
      rest?.resetAndDestroy();
      onFailed();
    });
  }

  /** Shortens the wait, because the listening socket closes. */
  close(): void {
    this.#cancel();
    this.#cancel = giveUpAfter(DRAINING_MS, () => this.#reader.reset());
  }
}
