// The turns of the API's connections: each has one request under way, and the bytes after that request wait unparsed.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { RequestReader } from './request-reader.ts';

type Parse = (bytes: Buffer) => void;

/**
 * Node parses all requests of one read at once, however many there are, and hands them over before anybody else has the
 * thread. Here each connection has one request at a time, after the connections that have waited longer. `waitingMs`:
 * time for which bytes wait for the response to the request before them. Then the connection is destroyed: while bytes
 * arrive, the socket's own timeout does not notice that the client reads nothing.
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

  /** Must be constructed after Node's server has added its listeners to the socket. */
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

  /** Must be called when the head of a request was parsed. */
  begin({ headers }: IncomingMessage, response: ServerResponse): void {
    this.#reader.startBody(headers);
    response.once('close', () => {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      // A response that precedes the end of its request is the last one of its connection.
      if (this.#socket.writableEnded || !this.#reader.hasEnded) this.end();
      this.#reader = new RequestReader();
      // The next request of the connection waits until all other connections with bytes to read have had their turn.
      if (this.#unparsed !== undefined) setImmediate(() => this.#go());
    });
  }

  /** Ends the parsing: all further bytes of the connection are ignored. */
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
    // Either the parser has refused the head, or the bytes were not given to the parser.
    if (fault !== undefined || this.#reader.hasHeadOnly) this.end();
  }
}
