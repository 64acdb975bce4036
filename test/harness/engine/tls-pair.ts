// TLS connections that a server of either kind of sockets has accepted, and their clients.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';
import type { AcceptedSocket } from '../../../provider/runtime/embedded/io/accepted-socket.ts';
import type { Connection, ConnectionHandler } from '../../../provider/runtime/embedded/io/connection.ts';
import { acceptFrom, useSockets } from '../../../provider/runtime/embedded/io/sockets.ts';
import { Contexts } from '../../../provider/runtime/embedded/tls/contexts.ts';
import { HttpsServer } from '../../../provider/runtime/embedded/tls/handshake.ts';
import { makePair } from '../machine/certificates.ts';
import { listenOn, untilTrue } from './fixtures.ts';

const HANDSHAKE_MS = 60_000;
export const KEYS = randomBytes(48);
export const certificates = [
  { name: 'a', ...makePair(['a.example']), serverNames: undefined },
  { name: 'b', ...makePair([], { commonName: 'b' }), serverNames: ['*.b.example'] },
];
export const contexts = new Contexts(certificates, KEYS, undefined);

/** An accepted connection that reports all events and does not echo. */
export class Accepted implements ConnectionHandler {
  readonly socket: Connection;
  readonly events: string[] = [];
  readonly chunks: Buffer[] = [];
  error: NodeJS.ErrnoException | undefined;
  size = 0;
  isReading = true;
  onWritable = () => {};

  constructor(socket: AcceptedSocket, timeoutMs: number) {
    const server = new HttpsServer(contexts, timeoutMs, () => this.events.push('failed'));
    this.socket = socket.toTlsConnection(this, server);
  }

  onData(chunk: Buffer): boolean {
    this.chunks.push(Buffer.from(chunk));
    this.size += chunk.length;
    return this.isReading;
  }

  onEnd(): void {
    this.events.push('end');
  }

  onClose(error: Error | undefined): void {
    this.events.push('close');
    this.error = error;
  }
}

export const SOCKET_KINDS = ['net', 'raw'] as const;
type SocketKind = (typeof SOCKET_KINDS)[number];

interface Server {
  readonly port: number;
  readonly accepted: Accepted[];
}

export async function serveTls(t: TestContext, kind: SocketKind, timeoutMs = HANDSHAKE_MS): Promise<Server> {
  const accepted: Accepted[] = [];
  const server = net.createServer({ pauseOnConnect: true, allowHalfOpen: true });
  const port = await listenOn(t, server);
  useSockets(kind);
  acceptFrom(server, (socket) => {
    accepted.push(new Accepted(socket, timeoutMs));
  });
  t.after(() => {
    for (const { socket } of accepted) socket.destroy();
  });
  return { port, accepted };
}

export function connectTls(t: TestContext, port: number, options: tls.ConnectionOptions = {}): tls.TLSSocket {
  // tls.connect accepts `allowHalfOpen`, but its type declarations do not contain the option.
  const more: object = { allowHalfOpen: true };
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more, ...options });
  client.on('error', () => {});
  t.after(() => client.destroy());
  return client;
}

export async function tlsPair(
  t: TestContext,
  kind: SocketKind,
  options?: tls.ConnectionOptions,
): Promise<{ client: tls.TLSSocket; server: Accepted }> {
  const { port, accepted } = await serveTls(t, kind);
  const client = connectTls(t, port, options);
  await once(client, 'secureConnect');
  // In TLS 1.3 the server's handshake ends after the client's, so only received data proves that both have ended.
  client.write('x');
  await untilTrue(() => accepted[0]?.size === 1, 'the end of the handshake');
  const server = accepted[0] as Accepted;
  server.size = server.chunks.splice(0).length - 1;
  return { client, server };
}
