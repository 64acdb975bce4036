// The turns of the API's connections: each has one request under way, and what it has sent beyond that waits unparsed.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { RequestReader } from './request-reader.ts';

type Parse = (bytes: Buffer) => void;

/**
 * Node parses all requests of one read at once, however many there are, and hands them over before anybody else has the
 * thread. This lets each connection have one request at a time, after those of the connections that have waited longer.
 * `waitingMs`: time for which bytes wait for the response before them. Then the connection is destroyed, because bytes
 * that go on coming would hide from the socket's own timeout that the client reads nothing.
 */
export function takeTurns(server: Server, waitingMs: number): void {
  const connections = new WeakMap<Socket, TurnTaker>();
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    const fail = (reason: string) => server.emit('clientError', new Error(reason), socket);
    if (!socket.destroyed) connections.set(socket, new TurnTaker(socket, waitingMs, fail));
  });
  const begin = (request: IncomingMessage, response: ServerResponse) =>
    connections.get(request.socket)?.begin(request, response);
  server.prependListener('request', begin);
  server.prependListener('checkExpectation', begin);
  server.on('connect', ({ socket }: IncomingMessage) => connections.get(socket)?.end());
}

class TurnTaker {
  readonly #socket: Socket;
  readonly #parse: Parse;
  readonly #waitingMs: number;
  readonly #fail: (reason: string) => void;
  #reader = new RequestReader();
  /** Bytes that are not parsed yet. */
  #unparsed: Buffer | undefined;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;

  /** To be constructed once the listeners of Node's server were added. */
  constructor(socket: Socket, waitingMs: number, fail: (reason: string) => void) {
    this.#socket = socket;
    this.#waitingMs = waitingMs;
    this.#fail = fail;
    const parsers = socket.listeners('data') as Parse[];
    this.#parse = (bytes) => {
      for (const parse of parsers) parse.call(socket, bytes);
    };
    socket.removeAllListeners('data');
    socket.on('data', (bytes: Buffer) => {
      if (this.#isOver) return;
      this.#unparsed = this.#unparsed === undefined ? bytes : Buffer.concat([this.#unparsed, bytes]);
      this.#go();
    });
  }

  /** To be called once the head of a request is parsed. */
  begin({ headers }: IncomingMessage, response: ServerResponse): void {
    this.#reader.startBody(headers);
    response.once('close', () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      // A response that precedes the end of its request is the last one of its connection.
      if (this.#socket.writableEnded || !this.#reader.hasEnded) this.end();
      this.#reader = new RequestReader();
      // Until then, all others have had their turn.
      if (this.#unparsed !== undefined) setImmediate(() => this.#go());
    });
  }

  /** Nothing more is parsed. */
  end(): void {
    this.#isOver = true;
    this.#unparsed = undefined;
  }

  #go(): void {
    while (this.#unparsed !== undefined && !this.#reader.hasEnded) {
      // The parser of a connection that has ended belongs to another connection soon.
      if (this.#socket.destroyed) this.end();
      else this.#parsePart(this.#unparsed);
    }
    if (this.#unparsed !== undefined) {
      this.#socket.pause();
      this.#timer ??= setTimeout(() => this.#socket.destroy(), this.#waitingMs).unref();
    } else if (this.#socket.isPaused()) this.#socket.resume();
  }

  #parsePart(bytes: Buffer): void {
    const length = this.#reader.take(bytes);
    const { fault } = this.#reader;
    this.#unparsed = length < bytes.length ? bytes.subarray(length) : undefined;
    if (fault === undefined) this.#parse(bytes.subarray(0, length));
    else this.#fail(fault);
    // The parser has refused the head, or was not given it.
    if (fault !== undefined || this.#reader.hasHeadOnly) this.end();
  }
}
