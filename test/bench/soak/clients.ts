// The kinds of clients of a soak. Each makes one request after the other, on a kept connection or on fresh ones.
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import { exchange } from '../../harness/clients/load.ts';

/** Longest life of a kept TCP connection, shorter than the time in which a process drains. */
const MAX_FLOW_MS = 10_000;
/** Limit for the response to a request. */
const RESPONSE_MS = 10_000;
/** Limit for the response to a datagram, which may be lost at a take-over. */
const DATAGRAM_MS = 2_000;

/** A datagram whose response did not come. */
export class LostDatagram extends Error {}

/** A failed request; `target` is the name of the target, if the client knows it. */
export class FailedRequest extends Error {
  readonly target: string | undefined;

  constructor(message: string, target?: string) {
    super(message);
    this.target = target;
  }
}

export interface SoakClient {
  /** Makes a request; rejects with a `FailedRequest` or a `LostDatagram`. */
  ask(): Promise<void>;
  /** Number of TCP connections that were opened so far; 0 for clients of other protocols. */
  readonly opened: number;
  /** Closes the connections that are kept. */
  close(): void;
}

export class HttpClient implements SoakClient {
  readonly opened = 0;
  readonly #url: string;
  readonly #isKept: boolean;
  #agent: Agent | undefined;

  constructor(url: string, isKept: boolean) {
    this.#url = url;
    this.#isKept = isKept;
  }

  async ask(): Promise<void> {
    const options = { keepAlive: true, maxSockets: 1 };
    if (this.#isKept) this.#agent ??= this.#url.startsWith('https:') ? new TlsAgent(options) : new Agent(options);
    const { error, isReused } = await exchange(this.#url, this.#agent ?? false, { timeoutMs: RESPONSE_MS });
    if (error !== undefined) throw new FailedRequest(`${error.trim()}${isReused ? ' on a kept connection' : ''}`);
    // The agent gets the connection back one event-loop iteration after the end of the response.
    await new Promise(setImmediate);
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/** Sends bytes on a TCP connection, whose target says its name first, and waits until they come back. */
export class FlowClient implements SoakClient {
  readonly #port: number;
  readonly #isKept: boolean;
  #socket: Socket | undefined;
  #openedAtMs = 0;
  #opened = 0;
  #text = '';

  constructor(port: number, isKept: boolean) {
    this.#port = port;
    this.#isKept = isKept;
  }

  get opened(): number {
    return this.#opened;
  }

  async ask(): Promise<void> {
    if (performance.now() - this.#openedAtMs > MAX_FLOW_MS) this.close();
    this.#socket ??= await this.#open();
    const socket = this.#socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (why: string) => reject(new FailedRequest(why, this.#text.split('\n')[0] || undefined));
    const onData = (data: string) => {
      this.#text += data;
      if (this.#text.endsWith('?')) resolve();
    };
    const onError = (error: Error) => fail(error.message);
    const onClose = () => fail('the connection was closed');
    const timer = setTimeout(() => fail(`no response within ${RESPONSE_MS} ms`), RESPONSE_MS);
    socket.on('data', onData).on('error', onError).on('close', onClose);
    socket.write('?');
    try {
      if (socket.destroyed) onClose();
      await promise;
      this.#text = this.#text.slice(0, this.#text.indexOf('\n') + 1);
    } catch (error) {
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onError).off('close', onClose);
    }
    if (!this.#isKept) this.close();
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #open(): Promise<Socket> {
    this.#text = '';
    this.#openedAtMs = performance.now();
    const socket = connect({ host: '127.0.0.1', port: this.#port }).setEncoding('utf8');
    await once(socket, 'connect').catch((error) => {
      // A connection that is reset before the client has noticed that it is open was accepted nevertheless.
      if (error.code === 'ECONNRESET') this.#opened += 1;
      throw new FailedRequest(error.message);
    });
    this.#opened += 1;
    // Between two requests, an end of the connection is noticed by the next one.
    socket.on('error', () => {}).on('end', () => socket.destroy());
    return socket;
  }
}

export class DatagramClient implements SoakClient {
  readonly opened = 0;
  readonly #port: number;
  #socket: Datagrams | undefined;
  #count = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async ask(): Promise<void> {
    if (this.#socket === undefined) {
      this.#socket = createSocket('udp4');
      this.#socket.on('error', () => {}).connect(this.#port, '127.0.0.1');
      await once(this.#socket, 'connect');
    }
    const socket = this.#socket;
    const text = `datagram ${this.#count++}`;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onMessage = (message: Buffer) => {
      if (message.toString() === text) resolve();
    };
    const timer = setTimeout(() => reject(new LostDatagram()), DATAGRAM_MS);
    socket.on('message', onMessage).send(text);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      socket.off('message', onMessage);
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }
}
