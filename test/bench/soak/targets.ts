// The targets of a soak: HTTP and TCP servers that stop and come back, and echoes of datagrams.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export const TARGETS = 6;

/** Ports of the targets by their number; a target has a server of each protocol. */
export interface TargetPorts {
  readonly http: readonly number[];
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
}

export class Targets {
  readonly #servers: Readonly<Record<'http' | 'tcp', Server[]>> = { http: [], tcp: [] };
  readonly #flows = new Map<Server, Set<Socket>>();
  readonly #udp: number[] = [];

  static async start(): Promise<Targets> {
    const targets = new Targets();
    for (let i = 0; i < TARGETS; i++) {
      // The runtime ends idle connections first, so that no request crosses the end of one.
      const http = createHttpServer({ keepAliveTimeout: 0 }, (_, response) => response.end(`t${i}`));
      const tcp = createServer((socket) => targets.#echo(tcp, socket, `t${i}`));
      targets.#servers.http.push(http);
      targets.#servers.tcp.push(tcp);
      const udp = createSocket('udp4');
      udp.on('message', (message, { port, address }) => udp.send(message, port, address)).bind(0, '127.0.0.1');
      await Promise.all([listen(http, 0), listen(tcp, 0), once(udp, 'listening')]);
      targets.#udp.push(udp.address().port);
    }
    return targets;
  }

  ports(): TargetPorts {
    const of = (servers: readonly Server[]) => servers.map((server) => (server.address() as AddressInfo).port);
    return { http: of(this.#servers.http), tcp: of(this.#servers.tcp), udp: this.#udp };
  }

  /** Stops a target for a time: its ports refuse connections, its requests finish, and its TCP connections end. */
  async stopFor(target: number, ms: number): Promise<void> {
    const servers = [this.#servers.http[target], this.#servers.tcp[target]].filter((server) => server !== undefined);
    const ports = servers.map((server) => (server.address() as AddressInfo).port);
    const closed = servers.map((server) => {
      const ended = new Promise((resolve) => server.close(resolve));
      for (const socket of this.#flows.get(server) ?? []) socket.destroy();
      return ended;
    });
    await Promise.all(closed);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await Promise.all(servers.map((server, i) => listen(server, ports[i] ?? 0)));
  }

  #echo(server: Server, socket: Socket, name: string): void {
    const flows = this.#flows.get(server) ?? new Set();
    this.#flows.set(server, flows.add(socket));
    socket.on('error', () => {}).on('close', () => flows.delete(socket));
    socket.once('data', (first) => {
      socket.write(`${name}\n${first}`);
      socket.pipe(socket);
    });
  }
}

async function listen(server: Server, port: number): Promise<void> {
  await once(server.listen(port, '127.0.0.1', 4096), 'listening');
}
