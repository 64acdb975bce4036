// UDP targets and clients for tests, on real sockets: a target responds with its name and the datagram that it
// received.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { TestContext } from 'node:test';
import { until } from '../runtime/runtime.ts';

type Test = Pick<TestContext, 'after'>;

interface Datagram {
  readonly data: Buffer;
  /** Source port of the datagram. At a target it identifies the UDP session. */
  readonly port: number;
  readonly atMs: number;
}

/** Opens a UDP socket that is bound to `address` and `port`; port 0 picks a free port. */
async function boundSocket(t: Test, address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(port, address);
  await once(socket, 'listening');
  t.after(() => close(socket));
  return socket;
}

/** Closes a socket; does nothing if the socket is already closed. */
function close(socket: Socket): void {
  try {
    socket.close();
  } catch {}
}

export class UdpBackend {
  readonly name: string;
  readonly target: { address: string; port: number };
  readonly datagrams: Datagram[] = [];
  /** Decides when the target sends a response; by default at once. */
  response: (send: () => void) => void = (send) => send();
  readonly #socket: Socket;

  static async start(t: Test, name: string, address = '127.0.0.1', port = 0): Promise<UdpBackend> {
    return new UdpBackend(name, address, await boundSocket(t, address, port));
  }

  private constructor(name: string, address: string, socket: Socket) {
    this.name = name;
    this.#socket = socket;
    this.target = { address, port: socket.address().port };
    socket.on('message', (data, { port, address: from }) => {
      this.datagrams.push({ data, port, atMs: performance.now() });
      this.response(() => socket.send(Buffer.concat([Buffer.from(`${name} `), data]), port, from, () => {}));
    });
  }

  get port(): number {
    return this.target.port;
  }

  get texts(): string[] {
    return this.datagrams.map(({ data }) => String(data));
  }

  /** Closes the socket of the target. The kernel then rejects datagrams with an ICMP error. */
  close(): void {
    close(this.#socket);
  }
}

export class UdpClient {
  readonly responses: string[] = [];
  readonly #socket: Socket;
  readonly #port: number;
  readonly #address: string;

  /** Opens a client; local port 0 picks a free one. It records only responses that come from `address`:`port`. */
  static async open(
    t: Test,
    port: number,
    address = '127.0.0.1',
    localAddress = address,
    localPort = 0,
  ): Promise<UdpClient> {
    const socket = await boundSocket(t, localAddress, localPort);
    return new UdpClient(socket, port, address);
  }

  private constructor(socket: Socket, port: number, address: string) {
    this.#socket = socket;
    this.#port = port;
    this.#address = address;
    socket.on('message', (data, from) => {
      if (from.port === port && from.address === address) this.responses.push(String(data));
    });
  }

  /** Sends a datagram; resolves when the kernel has accepted it. */
  async send(data: string | Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.send(data, this.#port, this.#address, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends a datagram and returns the next response. */
  async ask(data: string | Buffer): Promise<string> {
    const { length } = this.responses;
    await this.send(data);
    return await until('a response by UDP', () => this.responses[length]);
  }

  /** Sends the datagram repeatedly until a response arrives, for tests in which a datagram may be lost. */
  async sendUntilReplied(data: string): Promise<string> {
    const { length } = this.responses;
    return await until('a response by UDP', async () => {
      await this.send(data);
      return this.responses[length];
    });
  }

  close(): void {
    close(this.#socket);
  }
}
