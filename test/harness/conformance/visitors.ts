// The clients of one listener in the conformance scenario of random changes: kept and new connections over the
// listener's protocol.
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Protocol } from '../../../provider/runtime/contract/snapshot.ts';
import { UdpClient } from '../backends/udp.ts';

/**
 * The clients of one listener. When the listener changes its protocol or port, these clients are closed and new ones
 * made.
 */
export class Visitors {
  readonly protocol: Protocol;
  readonly port: number;
  /** Name of the backend that responded to the last datagram of the UDP session. */
  session: string | undefined;
  readonly #agent: Agent;
  #udp: UdpClient | undefined;
  #flow: Flow | undefined;

  constructor(protocol: Protocol, port: number) {
    this.protocol = protocol;
    this.port = port;
    this.#agent = new (protocol === 'HTTPS' ? TlsAgent : Agent)({ keepAlive: true, maxSockets: 1 });
  }

  /**
   * Makes a request on the kept connection or on a new one. Returns the name of the backend, or the status code of a
   * local response.
   */
  ask(host: string, path: string, isKept: boolean): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const request = this.protocol === 'HTTPS' ? httpsRequest : httpRequest;
    const agent = isKept ? this.#agent : false;
    const options = { host: '127.0.0.1', port: this.port, path, headers: { host }, agent, rejectUnauthorized: false };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : String(response.statusCode)));
      response.on('error', (error) => resolve(String(error)));
    });
    sent.on('error', (error) => resolve(String(error))).end();
    return promise;
  }

  async askUdp(t: TestContext): Promise<string> {
    this.#udp ??= await UdpClient.open(t, this.port);
    this.session = (await this.#udp.ask('x')).replace(/ x$/, '');
    return this.session;
  }

  /** Name of the backend at the other end of the open flow; `undefined` without an open flow. */
  get flow(): string | undefined {
    return this.#flow?.name;
  }

  /** Sends a byte on the open flow. Returns `false` if the flow was closed. */
  async echo(): Promise<boolean> {
    const isOpen = (await this.#flow?.ask()) !== undefined;
    if (!isOpen) this.#flow = undefined;
    return isOpen;
  }

  async openFlow(): Promise<string> {
    this.#flow?.end();
    const flow = new Flow(this.port);
    const name = await flow.ask();
    this.#flow = name === undefined ? undefined : flow;
    return name ?? 'reset';
  }

  close(): void {
    this.#agent.destroy();
    this.#udp?.close();
    this.#flow?.end();
  }
}

/** A TCP connection and the name of the backend at its other end. */
class Flow {
  name = '';
  readonly #socket: Socket;
  #echo = Promise.withResolvers<string | undefined>();

  constructor(port: number) {
    this.#socket = connect({ host: '127.0.0.1', port }).setEncoding('utf8');
    let text = '';
    this.#socket.on('data', (chunk) => {
      text += chunk;
      if (!text.endsWith('?')) return;
      this.name ||= text.split('\n')[0] ?? '';
      this.#echo.resolve(this.name);
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#echo.resolve(undefined));
  }

  /** Sends a byte and waits for its echo. Returns the backend's name, or `undefined` if the connection is closed. */
  ask(): Promise<string | undefined> {
    if (this.#socket.destroyed) return Promise.resolve(undefined);
    this.#echo = Promise.withResolvers();
    this.#socket.write('?');
    return this.#echo.promise;
  }

  end(): void {
    this.#socket.destroy();
  }
}
