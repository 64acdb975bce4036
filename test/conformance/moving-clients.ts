// Clients over HTTP, HTTPS and TCP that go where they are told to, and remember what failed: for listeners that change.
import * as http from 'node:http';
import * as https from 'node:https';
import { connect, type Socket } from 'node:net';
import { askTcp } from '../harness/backends.ts';
import { exchange } from '../harness/load.ts';

/** Where clients go that connect from now on; a write that moves a listener sets it when it is answered. */
export interface Place {
  url: string;
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
  /** Resolves when each has had its last answer, and its connections are closed. */
  stop(): Promise<void>;
}

/** For each HTTP place two clients that keep their connection and one that does not; for TCP two flows and one that asks anew. */
export function startClients(httpPlaces: Readonly<Record<string, Place>>, tcpPlace: Place): Clients {
  const failures: Failure[] = [];
  const done = new Map<string, number>();
  let isStopped = false;
  const repeat = async (client: string, once: () => Promise<Omit<Failure, 'client'> | undefined>, end = () => {}) => {
    for (let count = 0; !isStopped; count++) {
      done.set(client, count);
      const failure = await once();
      if (failure) failures.push({ client, ...failure });
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
    repeat(`${name} fresh`, () => askOnce(place.url)),
  ]);
  const flows = [1, 2].map((number) => {
    const flow = new KeptFlow(tcpPlace);
    return repeat(
      `tcp flow ${number}`,
      () => flow.ask(),
      () => flow.end(),
    );
  });
  const tcpFresh = repeat('tcp fresh', async () => {
    const { url } = tcpPlace;
    const startedAtMs = performance.now();
    const backend = await askTcp('127.0.0.1', portOf(url));
    return backend === undefined ? { url, startedAtMs, isReused: false, error: 'no answer' } : undefined;
  });
  return {
    failures,
    done,
    stop: async () => {
      isStopped = true;
      await Promise.all([...loops, ...flows, tcpFresh]);
    },
  };
}

async function askOnce(url: string, agent: http.Agent | false = false): Promise<Omit<Failure, 'client'> | undefined> {
  const { error, startedAtMs, isReused } = await exchange(url, agent);
  return error === undefined ? undefined : { url, startedAtMs, isReused, error };
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
    if (this.#agent === undefined || Object.keys(this.#agent.freeSockets).length === 0) {
      this.end();
      this.#url = this.#place.url;
      const { Agent } = this.#url.startsWith('https:') ? https : http;
      this.#agent = new Agent({ keepAlive: true, maxSockets: 1 });
    }
    const failure = await askOnce(this.#url, this.#agent);
    // The agent has the connection back one tick after the answer's end.
    await new Promise(setImmediate);
    return failure;
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

  async ask(): Promise<Omit<Failure, 'client'> | undefined> {
    const startedAtMs = performance.now();
    const isReused = this.#socket !== undefined;
    this.#echoed = Promise.withResolvers();
    this.#socket ??= this.#connect();
    this.#socket.write('?');
    try {
      await this.#echoed.promise;
      return undefined;
    } catch (error) {
      this.#socket = undefined;
      return { url: this.#url, startedAtMs, isReused, error: String(error), backend: this.#text.split('\n')[0] };
    }
  }

  end(): void {
    this.#socket?.destroy();
  }

  /** The backend says its name first, and a line's end; then it echoes. */
  #connect(): Socket {
    this.#url = this.#place.url;
    this.#text = '';
    const socket = connect({ host: '127.0.0.1', port: portOf(this.#url) });
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

function portOf(url: string): number {
  return Number(new URL(url).port);
}
