// A backend that responds to requests for one path with scripted bytes, and to all other requests correctly.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { RawPeer } from './raw.ts';
import { readRequests } from './reference.ts';

/**
 * A step of a script: bytes to send (latin1), a text that the client must receive before the next step, or the way to
 * end the connection.
 */
export type Act = string | { readonly sent: string } | 'FIN' | 'RST';

export const HOSTILE_TARGET = '/hostile';

export class HostileBackend {
  readonly target: { readonly address: string; readonly port: number };
  /**
   * Script of the backend for requests to `HOSTILE_TARGET`; it starts when the head is complete. `client` is the client
   * of the request.
   */
  script: { readonly acts: readonly Act[]; readonly client: RawPeer } | undefined;
  /** The paths of the requests that each connection has received. */
  readonly connections: string[][] = [];

  static async start(t: { after(clean: () => unknown): void }): Promise<HostileBackend> {
    const peers: RawPeer[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = new RawPeer(socket);
      peers.push(peer);
      backend.#serve(peer);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const backend = new HostileBackend((server.address() as AddressInfo).port);
    t.after(() => {
      server.close();
      for (const { socket } of peers) socket.destroy();
    });
    return backend;
  }

  private constructor(port: number) {
    this.target = { address: '127.0.0.1', port };
  }

  #serve(peer: RawPeer): void {
    const targets: string[] = [];
    this.connections.push(targets);
    peer.socket.on('data', () => {
      const [head, target] = /^[A-Z]+ (\S+) .*?\r\n\r\n/s.exec(peer.heard) ?? [];
      if (head === undefined || target === undefined) return;
      if (target === HOSTILE_TARGET) {
        targets.push(target);
        // The backend drops the body of this request without reading it.
        peer.heard = '';
        void this.#play(peer);
        return;
      }
      const { messages, at } = readRequests(peer.heard);
      peer.heard = peer.heard.slice(at);
      for (const message of messages) {
        targets.push(message.target);
        const body = `${message.method} ${message.target}`;
        peer.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    });
    peer.socket.on('end', () => peer.socket.end());
  }

  async #play(peer: RawPeer): Promise<void> {
    if (this.script === undefined) throw new Error('the backend has no script for the hostile path');
    const { acts, client } = this.script;
    for (const act of acts) {
      if (typeof act === 'object')
        await client.until(() => client.isEnded || client.heard.includes(act.sent), act.sent);
      else if (act === 'FIN') peer.socket.end();
      else if (act === 'RST') await reset(peer.socket);
      else {
        peer.socket.write(act, 'latin1');
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}

/**
 * Resets a connection, but waits if a FIN is being sent: libuv refuses the reset then, the socket never closes, and
 * Node never ends (24.21).
 */
async function reset(socket: Socket): Promise<void> {
  if (socket.writableEnded && !socket.writableFinished && !socket.destroyed) {
    await new Promise((resolve) => socket.once('finish', resolve).once('close', resolve));
  }
  socket.resetAndDestroy();
}
