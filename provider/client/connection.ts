// One connection to the runtime over http or https, which is kept open for one request after another.
import type { Agent, IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type Ends, endOf } from '../model/permissions/proof.ts';
import { type HttpRequest, type HttpResponse, type OpenRequest, openStream, send } from './request.ts';

// An import would make Node read each export of the module. WebSocket alone would cost every start of a plug-in 20 ms.
const http = process.getBuiltinModule('node:http');

/** The first request connects. If the connection ends, later requests fail as lost: it never connects again. */
export class RuntimeConnection {
  readonly #agent: Agent;
  readonly #open: OpenRequest;
  #socket: Socket | undefined;
  #ends: Ends | undefined;

  constructor({ protocol }: URL, ca: string | undefined) {
    const isTls = protocol === 'https:';
    const options = { keepAlive: true, maxSockets: 1, ...(isTls && ca !== undefined && { ca }) };
    this.#open = isTls ? https.request : http.request;
    this.#agent = isTls ? new https.Agent(options) : new http.Agent(options);
    const connect = this.#agent.createConnection.bind(this.#agent);
    this.#agent.createConnection = (target, callback) => {
      if (this.#socket === undefined) return this.#keep(connect(target, callback) as Socket);
      callback?.(Object.assign(new Error('the connection has ended'), { code: 'ECONNRESET' }), undefined as never);
      return undefined;
    };
  }

  /** Whether the connection was made, and takes another request. */
  get isOpen(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed && this.#socket.writable;
  }

  /** Whether the connection is encrypted, and its other end has proven by a certificate that it is the endpoint. */
  get isVerified(): boolean {
    return (this.#socket as Partial<TLSSocket> | undefined)?.authorized === true;
  }

  /** The ends of the connection as they are on this side. `undefined` before the first response. */
  get ends(): Ends | undefined {
    return this.#ends;
  }

  /** Sends one request at a time. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const response = await send(this.#open, this.#agent, request);
    if (response.headers.connection === 'close') this.close();
    return response;
  }

  /** Sends a request whose response is a stream, after which the connection is not used any more. */
  stream(url: URL, headers: HttpRequest['headers'], signal: AbortSignal): Promise<IncomingMessage> {
    return openStream(this.#open, this.#agent, { url, headers, signal });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #keep(socket: Socket): Socket {
    this.#socket = socket;
    socket.once('connect', () => {
      this.#ends = {
        client: endOf(socket.localAddress, socket.localPort),
        server: endOf(socket.remoteAddress, socket.remotePort),
      };
    });
    return socket;
  }
}
