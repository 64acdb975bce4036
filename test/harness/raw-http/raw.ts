// Raw sockets at both ends of a data plane: a client that sends given bytes, and a backend that records what it
// receives.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type RequestMessage, readRequests } from './reference.ts';

/** Time limit for a wait. Nothing in these tests takes long, so a wait that reaches it has failed. */
const PATIENCE_MS = 30_000;

/** A step of a client: bytes to send (latin1), a text that must be received before the next step, or a FIN. */
export type Step = string | { readonly heard: string } | 'FIN';

/** One end of a connection, with the bytes received so far and whether the other end has closed. */
export class RawPeer {
  readonly socket: Socket;
  readonly #changes = new EventEmitter();
  heard = '';
  isEnded = false;
  isReset = false;

  constructor(socket: Socket) {
    this.socket = socket;
    const changed = () => this.#changes.emit('changed');
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text) => {
      this.heard += text;
      changed();
    });
    socket.on('end', () => {
      this.isEnded = true;
      changed();
    });
    socket.on('error', () => {
      this.isReset = true;
    });
    socket.on('close', () => {
      this.isEnded = true;
      changed();
    });
  }

  static async connect(t: Pick<TestContext, 'after'>, port: number, isSecure = false): Promise<RawPeer> {
    const to = { host: '127.0.0.1', port, allowHalfOpen: true };
    const socket = isSecure ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
    t.after(() => socket.destroy());
    const peer = new RawPeer(socket);
    await once(socket, isSecure ? 'secureConnect' : 'connect');
    return peer;
  }

  /**
   * Sends the texts and waits as the steps say. Each text goes into a packet of its own, as far as the operating system
   * allows.
   */
  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step === 'FIN') this.socket.end();
      else if (typeof step === 'object') await this.until(() => this.heard.includes(step.heard), step.heard);
      else {
        this.socket.write(step, 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Waits until the condition holds, checking it after every event of this connection. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!condition()) {
      await once(this.#changes, 'changed', { signal }).catch(() =>
        assert.fail(`waited for ${what}; heard ${JSON.stringify(this.heard.slice(0, 2000))}`),
      );
    }
  }

  /** Waits for the FIN or reset of the other end. */
  async untilEnded(): Promise<void> {
    await this.until(() => this.isEnded, 'the end of the connection');
  }
}

interface Recorded {
  readonly requests: readonly RequestMessage[];
  /** Reasons for which the strict reference reader rejected received bytes. */
  readonly faults: readonly string[];
}

/** A backend that records each complete request and responds to it with its method and target. */
export class RecordingBackend {
  readonly port: number;
  readonly #changes: EventEmitter;
  readonly #unfinished = new Map<Socket, string>();
  #requests: RequestMessage[] = [];
  #faults: string[] = [];

  static async start(t: Pick<TestContext, 'after'>): Promise<RecordingBackend> {
    const changes = new EventEmitter();
    const server = createServer({ allowHalfOpen: true }, (socket) => backend.#serve(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const backend = new RecordingBackend((server.address() as AddressInfo).port, changes);
    t.after(() => {
      server.close();
      for (const socket of backend.#unfinished.keys()) socket.destroy();
    });
    return backend;
  }

  private constructor(port: number, changes: EventEmitter) {
    this.port = port;
    this.#changes = changes;
  }

  get target(): { address: string; port: number } {
    return { address: '127.0.0.1', port: this.port };
  }

  /**
   * Waits until every request that was begun is complete or its connection has ended. Returns what was recorded since
   * the last call.
   */
  async take(): Promise<Recorded> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while ([...this.#unfinished.values()].some((text) => text !== '')) {
      await once(this.#changes, 'changed', { signal }).catch(() =>
        assert.fail(`a request was begun and never ended: ${JSON.stringify([...this.#unfinished.values()])}`),
      );
    }
    const recorded = { requests: this.#requests, faults: this.#faults };
    this.#requests = [];
    this.#faults = [];
    return recorded;
  }

  #serve(socket: Socket): void {
    let text = '';
    let isContinued = false;
    const note = (rest: string) => {
      text = rest;
      this.#unfinished.set(socket, rest);
      this.#changes.emit('changed');
    };
    note('');
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => {
      const { messages, end, reason, at } = readRequests(text + chunk);
      const rest = (text + chunk).slice(at);
      for (const message of messages) {
        this.#requests.push(message);
        socket.write(responseTo(message), 'latin1');
      }
      if (messages.length > 0) isContinued = false;
      if (end === 'invalid') this.#faults.push(`${reason}: ${rest}`);
      if (end === 'closed') socket.end();
      if (!isContinued && /\r\nexpect: 100-continue\r\n.*\r\n\r\n/is.test(rest)) {
        isContinued = true;
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      note(end === 'invalid' ? '' : rest);
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#unfinished.delete(socket);
      this.#changes.emit('changed');
    });
  }
}

function responseTo({ method, target }: RequestMessage): string {
  const body = `${method} ${target}`;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
}
