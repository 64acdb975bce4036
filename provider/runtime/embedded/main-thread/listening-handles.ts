// The sockets of all open endpoints, which the main thread owns: a worker listens on duplicates of them, so that what
// waits in the kernel's queue of a socket outlives the worker.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Handle } from '../../handles/bindings.ts';
import type { Channel } from '../../handles/channel.ts';
import { ChannelServer } from '../../handles/channel-server.ts';
import { bindHandle } from '../../handles/listening-handle.ts';
import { type Endpoint, endpointName, type OpenFailure, openFailure } from '../shared/endpoint.ts';
import type { HandleQuestion, HandleReply, HandlesAt } from '../shared/handle-messages.ts';

const SECRET_BYTES = 32;

/** One socket of an endpoint. */
export interface EndpointSocket {
  readonly endpoint: Endpoint;
  readonly handle: Handle;
}

interface EndpointHandles {
  readonly endpoint: Endpoint;
  readonly handles: Handle[];
}

export class ListeningHandles {
  readonly #workers: number;
  /** The sockets by endpoint name: one for each worker, or one alone for UDP. */
  readonly #open = new Map<string, EndpointHandles>();
  /** Sockets of the process before this one, by endpoint name, until their endpoints are opened. */
  readonly #inherited = new Map<string, Handle[]>();
  readonly #at: HandlesAt;
  readonly #server: ChannelServer;
  readonly #channels = new Set<Channel>();

  constructor(workers: number, inherited: readonly EndpointSocket[] = []) {
    this.#workers = workers;
    for (const { endpoint, handle } of inherited) {
      const name = endpointName(endpoint);
      this.#inherited.set(name, [...(this.#inherited.get(name) ?? []), handle]);
    }
    // Every process of the machine sees the name, and only the workers know the secret.
    const [name, secret] = [randomBytes(SECRET_BYTES).toString('hex'), randomBytes(SECRET_BYTES).toString('hex')];
    this.#at = { path: `\0weir-${name}`, secret };
    this.#server = new ChannelServer(this.#at.path, (channel) => this.#serve(channel));
  }

  /** Where a worker asks for its sockets. */
  get at(): HandlesAt {
    return this.#at;
  }

  /** The sockets of all open endpoints. */
  get open(): readonly EndpointSocket[] {
    return [...this.#open.values()].flatMap(({ endpoint, handles }) => handles.map((handle) => ({ endpoint, handle })));
  }

  /** Returns true if the process before this one had the endpoint open and it is not opened here yet. */
  isInherited(endpoint: Endpoint): boolean {
    return this.#inherited.has(endpointName(endpoint));
  }

  /** Binds an endpoint, or takes the sockets over that the process before this one had. Returns why that fails. */
  bind(endpoint: Endpoint): OpenFailure | undefined {
    const name = endpointName(endpoint);
    if (this.#open.has(name)) return undefined;
    const handles = this.#inherited.get(name) ?? [];
    this.#inherited.delete(name);
    const wanted = endpoint.transport === 'udp' ? 1 : this.#workers;
    try {
      while (handles.length < wanted) handles.push(bindHandle(endpoint.transport, endpoint.address, endpoint.port));
    } catch (error) {
      for (const handle of handles) handle.close();
      return openFailure(endpoint, error as NodeJS.ErrnoException);
    }
    this.#open.set(name, { endpoint, handles });
    return undefined;
  }

  /** Closes the main thread's sockets of endpoints. Each endpoint closes with the last duplicate that a worker has. */
  close(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const name = endpointName(endpoint);
      for (const handle of this.#open.get(name)?.handles ?? []) handle.close();
      this.#open.delete(name);
    }
  }

  closeAll(): void {
    this.close([...this.#open.values()].map(({ endpoint }) => endpoint));
  }

  /** Closes the sockets that no endpoint has taken over. */
  closeInherited(): void {
    for (const handles of this.#inherited.values()) for (const handle of handles) handle.close();
    this.#inherited.clear();
  }

  /** Closes everything. */
  destroy(): void {
    this.closeAll();
    this.closeInherited();
    this.#server.close();
    for (const channel of this.#channels) channel.close();
  }

  #serve(channel: Channel) {
    this.#channels.add(channel);
    const close = () => {
      channel.close();
      this.#channels.delete(channel);
    };
    return {
      onMessage: (message: unknown) => {
        const { secret, workerId, endpoint } = message as HandleQuestion;
        if (isEqual(secret, this.#at.secret)) this.#reply(channel, workerId, endpoint);
        else close();
      },
      onClose: close,
    };
  }

  #reply(channel: Channel, workerId: number, endpoint: string): void {
    const { endpoint: open, handles = [] } = this.#open.get(endpoint) ?? {};
    const own = open?.transport === 'udp' ? handles : handles.filter((_, at) => at % this.#workers === workerId);
    for (const handle of own) channel.send({ endpoint, isLast: false } satisfies HandleReply, handle);
    channel.send({ endpoint, isLast: true } satisfies HandleReply);
  }
}

function isEqual(given: unknown, secret: string): boolean {
  const [a, b] = [Buffer.from(`${given}`), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
}
