// Both ends of a data plane as raw sockets: a client that sends what it is told, and a backend that records what reaches it.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { type RequestMessage, readRequests } from './reference.ts';

/** Nothing here takes long: a wait that reaches this has failed. */
const PATIENCE_MS = 30_000;

/** Bytes (latin1); or to go on only when the other side has sent this text; or the FIN. */
export type Step = string | { readonly heard: string } | 'FIN';

/** One end of a connection: what it has heard so far, and whether the other end is gone. */
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

  /** Each step in a packet of its own, as far as the machine allows. */
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

  /** Looks whenever something happens on this connection. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    while (!condition()) {
      await once(this.#changes, 'changed', { signal }).catch(() =>
        assert.fail(`waited for ${what}; heard ${JSON.stringify(this.heard.slice(0, 2000))}`),
      );
    }
  }

  /** The other side's FIN or reset. */
  async untilEnded(): Promise<void> {
    await this.until(() => this.isEnded, 'the end of the connection');
  }
}

interface Recorded {
  readonly requests: readonly RequestMessage[];
  /** What was no request by the reference's rules. */
  readonly faults: readonly string[];
}

/** Records each request that is whole, and responds to it with its method and target. */
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

  /** What came since the last call, once each request that was begun is whole or its connection has ended. */
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
      if (end === 'refused') this.#faults.push(`${reason}: ${rest}`);
      if (end === 'closed') socket.end();
      if (!isContinued && /\r\nexpect: 100-continue\r\n.*\r\n\r\n/is.test(rest)) {
        isContinued = true;
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      note(end === 'refused' ? '' : rest);
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
