// Clients over HTTP, HTTPS and TCP that follow a listener to another address and record every failure.
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { askTcp } from '../backends/backends.ts';
import { exchange } from './load.ts';

/**
 * The URL at which clients open new connections. A test changes it when the response to the write that moves the
 * listener arrives.
 */
export interface Place {
  url: string;
  /**
   * The URL to which the listener moves at an unknown moment. A client that can no longer connect at `url` tries this
   * one; only a failure there is counted.
   */
  next?: string | undefined;
}

export interface Failure {
  readonly client: string;
  /** URL of the failed request. */
  readonly url: string;
  readonly startedAtMs: number;
  /**
   * Whether the connection had served an earlier request. A reused connection may close while a request is on its way.
   */
  readonly isReused: boolean;
  readonly error: string;
  /** Name of the target of a failed TCP flow. */
  readonly backend?: string;
}

export interface Clients {
  readonly failures: readonly Failure[];
  /** Number of completed requests by client. */
  readonly done: ReadonlyMap<string, number>;
  /** Stops the clients; resolves when each has received its last response and closed its connections. */
  stop(): Promise<void>;
}

/**
 * Starts clients. Each HTTP place gets two clients with a kept connection and one with a new connection for each
 * request; the TCP place gets two open flows and one client that reconnects. `pauseMs` is the pause after each
 * response, which leaves processor time to other processes.
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

/**
 * Makes a request to the URL of the place. If a new connection fails and the URL has changed meanwhile, repeats the
 * request at the new URL.
 */
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

/**
 * A client that keeps one HTTP connection. After a failure or a close, the client connects to the place's current URL.
 */
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
    // The client's HTTP agent gets the connection back one event-loop iteration after the end of the response.
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

/** A client that sends bytes on one TCP connection and waits for the echo of each. */
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

  /** Prepares the promise of the next echo before the byte is sent, because the flow may close between two requests. */
  #expectEcho(): void {
    this.#echoed = Promise.withResolvers();
    this.#echoed.promise.catch(() => {});
  }

  end(): void {
    this.#socket?.destroy();
  }

  /** Opens the TCP flow. The backend sends its name as a line and then echoes. */
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
