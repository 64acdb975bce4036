// The peers of a proxy, byte for byte: backends that a test scripts, and a client that reads responses.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import { unusedPort } from '../machine/kept-ports.ts';

const HOST = '127.0.0.1';
/** Longest wait. Nothing in these tests takes long, so a wait that reaches this has failed. */
const PATIENCE_MS = 30_000;

/**
 * A connection that a backend accepted or a client made. `received` holds the bytes that have arrived and were not
 * taken yet.
 */
export class ScriptedPeer {
  readonly socket: net.Socket;
  readonly #changes = new EventEmitter();
  /** Bytes that were not taken yet. Reads join them, because joining at each event costs the square of their size. */
  #chunks: Buffer[] = [];
  #length = 0;
  isEnded = false;
  isClosed = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#changes.emit('changed');
    });
    socket.on('end', () => {
      this.isEnded = true;
      this.#changes.emit('changed');
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#changes.emit('changed');
    });
  }

  /** All bytes that the peer has sent and that were not taken yet, as latin1. */
  get received(): string {
    return this.#joined().toString('latin1');
  }

  write(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Removes the first `length` bytes from the received ones, and returns them as latin1. */
  take(length: number): string {
    const all = this.#joined();
    const rest = all.subarray(length);
    this.#chunks = [rest];
    this.#length = rest.length;
    return all.toString('latin1', 0, length);
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  /** Waits until `condition` holds; it is checked at each event of this connection. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!condition()) {
      await once(this.#changes, 'changed', { signal }).catch(() =>
        assert.fail(`waited for ${what}; got ${this.isClosed ? 'the end after ' : ''}${this.received.slice(0, 1_000)}`),
      );
    }
  }

  async untilReceived(text: string): Promise<void> {
    await this.until(() => this.received.includes(text), JSON.stringify(text));
  }

  /** Waits for the peer's FIN or reset; this side stays open until the test ends. */
  async untilEnded(): Promise<void> {
    await this.until(() => this.isEnded || this.isClosed, 'the end of the connection');
  }

  /** Takes a whole HTTP head including its empty line. */
  async head(): Promise<string> {
    await this.untilReceived('\r\n\r\n');
    return this.take(this.received.indexOf('\r\n\r\n') + 4);
  }

  async body(length: number): Promise<string> {
    await this.until(() => this.#length >= length, `${length} bytes`);
    return this.take(length);
  }
}

interface ReceivedResponse {
  status: number;
  head: string;
  body: string;
}

export class ScriptedClient extends ScriptedPeer {
  static async connect(t: TestContext, port: number): Promise<ScriptedClient> {
    const socket = net.connect({ host: HOST, port, allowHalfOpen: true });
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return new ScriptedClient(socket);
  }

  /** Takes the next whole response: by length, by chunks, or to the end of the connection. */
  async response(isHead = false): Promise<ReceivedResponse> {
    const head = await this.head();
    const status = Number(head.slice(9, 12));
    return { status, head, body: hasNoBody(status) || isHead ? '' : await this.#body(head) };
  }

  async #body(head: string): Promise<string> {
    const length = /^content-length: *(\d+)/im.exec(head);
    if (length) return this.body(Number(length[1]));
    if (!/^transfer-encoding: chunked/im.test(head)) {
      await this.untilEnded();
      return this.take(this.received.length);
    }
    let body = '';
    for (;;) {
      await this.untilReceived('\r\n');
      const size = Number.parseInt(this.take(this.received.indexOf('\r\n') + 2), 16);
      if (size === 0) break;
      body += await this.body(size);
      assert.equal(await this.body(2), '\r\n');
    }
    await this.until(() => this.received.startsWith('\r\n') || this.received.includes('\r\n\r\n'), 'the trailers');
    this.take(this.received.startsWith('\r\n') ? 2 : this.received.indexOf('\r\n\r\n') + 4);
    return body;
  }
}

function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** A backend that runs `serve` for each connection. An error that `serve` throws fails the test. */
export class ScriptedBackend {
  readonly peers: ScriptedPeer[] = [];
  readonly #server: net.Server;

  static async start(
    t: TestContext,
    serve: (peer: ScriptedPeer, number: number) => void | Promise<void>,
  ): Promise<ScriptedBackend> {
    const backend = new ScriptedBackend(serve);
    backend.#server.listen(await unusedPort(), HOST);
    await once(backend.#server, 'listening');
    t.after(() => {
      for (const peer of backend.peers) peer.socket.destroy();
      backend.#server.close();
    });
    return backend;
  }

  /** Responds with `OK` to each request, which must have no body. */
  static responding(t: TestContext, body: string): Promise<ScriptedBackend> {
    return ScriptedBackend.start(t, async (peer) => {
      for (;;) {
        await peer.until(() => peer.isClosed || peer.isEnded || peer.received.includes('\r\n\r\n'), 'a request');
        if (!peer.received.includes('\r\n\r\n')) break;
        await peer.head();
        peer.write(ok(body));
      }
      peer.socket.end();
    });
  }

  private constructor(serve: (peer: ScriptedPeer, number: number) => void | Promise<void>) {
    this.#server = net.createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new ScriptedPeer(socket);
      this.peers.push(peer);
      this.#server.emit('peer');
      Promise.resolve(serve(peer, this.peers.length - 1)).catch((error) => socket.destroy(error));
    });
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  /** Waits until the backend has accepted the connection with this number, counted from 0. */
  async peer(number: number): Promise<ScriptedPeer> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (this.peers.length <= number) await once(this.#server, 'peer', { signal });
    return this.peers[number] as ScriptedPeer;
  }
}

export function ok(body: string, lines = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`;
}

export function get(target = '/', lines = ''): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
}
