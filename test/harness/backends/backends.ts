// HTTP and TCP backends for tests: real servers that send their name, count requests and can be closed.
import { once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export { freePort } from '../machine/free-port.ts';

export interface Backend {
  readonly name: string;
  readonly port: number;
  /** Requests or connections so far, without health checks. */
  count: number;
  readonly target: { address: string; port: number };
  close(): Promise<void>;
}

/** Starts an HTTP backend that responds with its name. If `gate` is given, each response waits until it resolves. */
export async function httpBackend(
  t: Pick<TestContext, 'after'>,
  name: string,
  port = 0,
  gate?: Promise<void>,
  address?: string,
): Promise<Backend> {
  const server = createHttpServer((request, response) => {
    if (request.headers['user-agent'] !== 'weir-health-check') {
      backend.count++;
    }
    const respond = () => response.setHeader('x-backend', name).end(name);
    if (gate === undefined) respond();
    else void gate.then(respond);
  });
  const backend = await listen(t, name, server, port, address);
  return backend;
}

/** Starts a TCP backend that sends its name after the first bytes of a connection and then echoes all bytes. */
export async function tcpBackend(
  t: Pick<TestContext, 'after'>,
  name: string,
  address = '127.0.0.1',
  port = 0,
): Promise<Backend> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (first) => {
      backend.count++;
      socket.write(`${name}\n`);
      socket.write(first);
      socket.pipe(socket);
    });
  });
  const backend = await listen(t, name, server, port, address);
  return backend;
}

/** Starts an HTTP backend that responds to each request with the request's header fields as JSON. */
export async function headerBackend(t: Pick<TestContext, 'after'>): Promise<Backend> {
  const server = createHttpServer(({ headers }, response) => response.end(JSON.stringify(headers)));
  return await listen(t, 'headers', server);
}

/**
 * Makes a backend of any server; port 0 picks a free port. The `count` of the backend stays 0 unless the caller
 * increments it.
 */
export async function listen(
  t: Pick<TestContext, 'after'>,
  name: string,
  server: Server,
  at = 0,
  address = '127.0.0.1',
): Promise<Backend> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(at, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(close);
  return { name, port, count: 0, target: { address, port }, close };
}

/**
 * Connects from `localAddress` and returns the first line that the TCP server sends. Returns `undefined` if the
 * connection ends without a line.
 */
export function askTcp(address: string, port: number, localAddress?: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, localAddress }, () => socket.write('hello\n'));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end === -1) return;
      resolve(text.slice(0, end));
      socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

/**
 * Sends a GET on a new connection, with `path` unchanged. `servername` turns TLS on; any certificate is accepted.
 * Returns the body of a 200, and the status code of any other response.
 */
export function askHttp(port: number, host: string, path: string, servername?: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = servername === undefined ? httpRequest : httpsRequest;
  const tls = servername === undefined ? {} : { servername, rejectUnauthorized: false };
  const sent = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false, ...tls }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    response.on('end', () => resolve(response.statusCode === 200 ? text : String(response.statusCode)));
    response.on('error', reject);
  });
  sent.on('error', reject).end();
  return promise;
}
