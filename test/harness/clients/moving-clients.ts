// Clients over HTTP, HTTPS and TCP that go where they are told to, and remember what failed: for listeners that change.
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { askTcp } from '../backends/backends.ts';
import { exchange } from './load.ts';

/** Where clients go that connect from now on; a write that moves a listener sets it when it gets its response. */
export interface Place {
  url: string;
  /** Where it moves to at a moment that nobody tells: who can't connect at `url` any more tries there, and only that counts. */
  next?: string | undefined;
}

export interface Failure {
  readonly client: string;
  /** Where the client went. */
  readonly url: string;
  readonly startedAtMs: number;
  /** Of the connection; a request on one that was used before was not the first to find it open. */
  readonly isReused: boolean;
  readonly error: string;
  /** Of a TCP flow: the target that it was with. */
  readonly backend?: string;
}

export interface Clients {
  readonly failures: readonly Failure[];
  /** How much each client has done so far. */
  readonly done: ReadonlyMap<string, number>;
  /** Resolves when each has had its last response, and its connections are closed. */
  stop(): Promise<void>;
}

/**
 * For each HTTP place two clients that keep their connection and one that does not; for TCP two flows and one that asks
 * anew. `pauseMs`: of a client after a response, where others need the processors as well.
 */
export function startClients(
  httpPlaces: Readonly<Record<string, Place>>,
  tcpPlace: Place,
  { pauseMs = 0 }: { pauseMs?: number } = {},
): Clients {
  const failures: Failure[] = [];
  const done = new Map<string, number>();
  let isStopped = false;
  const repeat = async (client: string, once: () => Promise<Omit<Failure, 'client'> | undefined>, end = () => {}) => {
    for (let count = 0; !isStopped; count++) {
      done.set(client, count);
      const failure = await once();
      if (failure) failures.push({ client, ...failure });
      if (pauseMs > 0) await delay(pauseMs);
    }
    end();
  };
  const loops = Object.entries(httpPlaces).flatMap(([name, place]) => [
    ...[1, 2].map((number) => {
      const kept = new KeptConnection(place);
      return repeat(
        `${name} kept ${number}`,
        () => kept.ask(),
        () => kept.end(),
      );
    }),
    repeat(`${name} fresh`, () => atPlace(place, askOnce)),
  ]);
  const flows = [1, 2].map((number) => {
    const flow = new KeptFlow(tcpPlace);
    return repeat(
      `tcp flow ${number}`,
      () => flow.ask(),
      () => flow.end(),
    );
  });
  const tcpFresh = repeat('tcp fresh', () => atPlace(tcpPlace, askTcpOnce));
  return {
    failures,
    done,
    stop: async () => {
      isStopped = true;
      await Promise.all([...loops, ...flows, tcpFresh]);
    },
  };
}

/** Asks where the place is, or, where nobody responds to a new connection there any more, where it is by now. */
async function atPlace(
  place: Place,
  ask: (url: string) => Promise<Omit<Failure, 'client'> | undefined>,
): Promise<Omit<Failure, 'client'> | undefined> {
  const { url } = place;
  const failure = await ask(url);
  if (failure === undefined || failure.isReused) return failure;
  if (place.url === url && place.next !== undefined) {
    place.url = place.next;
    place.next = undefined;
  }
  return place.url === url ? failure : ask(place.url);
}

async function askOnce(url: string, agent: http.Agent | false = false): Promise<Omit<Failure, 'client'> | undefined> {
  const { error, startedAtMs, isReused } = await exchange(url, agent);
  return error === undefined ? undefined : { url, startedAtMs, isReused, error };
}

async function askTcpOnce(url: string): Promise<Omit<Failure, 'client'> | undefined> {
  const startedAtMs = performance.now();
  const { hostname, port } = new URL(url);
  const backend = await askTcp(hostname, Number(port));
  return backend === undefined ? { url, startedAtMs, isReused: false, error: 'no response' } : undefined;
}

/** Told to close, or failed, it connects to where the place is by then. */
class KeptConnection {
  readonly #place: Place;
  #url = '';
  #agent: http.Agent | undefined;

  constructor(place: Place) {
    this.#place = place;
  }

  async ask(): Promise<Omit<Failure, 'client'> | undefined> {
    const isKept = this.#agent !== undefined && Object.keys(this.#agent.freeSockets).length > 0;
    const failure = await (isKept ? askOnce(this.#url, this.#agent) : atPlace(this.#place, (url) => this.#askAt(url)));
    // The agent has the connection back one tick after the response's end.
    await new Promise(setImmediate);
    return failure;
  }

  #askAt(url: string): Promise<Omit<Failure, 'client'> | undefined> {
    this.end();
    this.#url = url;
    const { Agent } = url.startsWith('https:') ? https : http;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return askOnce(url, this.#agent);
  }

  end(): void {
    this.#agent?.destroy();
  }
}

/** A byte there and back, again and again on one connection. */
class KeptFlow {
  readonly #place: Place;
  #url = '';
  #socket: Socket | undefined;
  #text = '';
  #echoed = Promise.withResolvers<void>();

  constructor(place: Place) {
    this.#place = place;
  }

  ask(): Promise<Omit<Failure, 'client'> | undefined> {
    return this.#socket === undefined ? atPlace(this.#place, (url) => this.#askAt(url)) : this.#askAt(this.#url);
  }

  async #askAt(url: string): Promise<Omit<Failure, 'client'> | undefined> {
    const startedAtMs = performance.now();
    const isReused = this.#socket !== undefined;
    this.#socket ??= this.#connect(url);
    this.#socket.write('?');
    try {
      await this.#echoed.promise;
      this.#expectEcho();
      return undefined;
    } catch (error) {
      this.#socket = undefined;
      return { url, startedAtMs, isReused, error: String(error), backend: this.#text.split('\n')[0] };
    }
  }

  /** Before it is asked for: the flow may end between two. */
  #expectEcho(): void {
    this.#echoed = Promise.withResolvers();
    this.#echoed.promise.catch(() => {});
  }

  end(): void {
    this.#socket?.destroy();
  }

  /** The backend says its name first, and a line's end; then it echoes. */
  #connect(url: string): Socket {
    this.#url = url;
    this.#text = '';
    this.#expectEcho();
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    let error: Error | undefined;
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (!this.#text.endsWith('?')) this.#text += text;
      if (text.endsWith('?')) this.#echoed.resolve();
    });
    socket.on('error', (cause) => {
      error = cause;
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#echoed.reject(error ?? new Error('the flow was closed')));
    return socket;
  }
}
