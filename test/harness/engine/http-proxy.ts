// A real listening socket that accepts HTTP for one listener, without an engine around it.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ListenerTraffic } from '../../../provider/runtime/contract/engine-statistics.ts';
import { acceptHttp } from '../../../provider/runtime/embedded/http/exchange/accept.ts';
import { rejectHttp } from '../../../provider/runtime/embedded/http/exchange/reject.ts';
import { useSockets } from '../../../provider/runtime/embedded/io/sockets.ts';
import { TcpListeningSocket } from '../../../provider/runtime/embedded/serving/tcp-listening-socket.ts';
import type { WorkerListener } from '../../../provider/runtime/embedded/serving/worker-listener.ts';
import {
  countersMaker,
  readCounters,
  type TargetCounters,
} from '../../../provider/runtime/embedded/shared/counters.ts';
import { toEndpoint } from '../../../provider/runtime/embedded/shared/endpoint.ts';
import {
  createListenerCounters,
  readListenerCounters,
} from '../../../provider/runtime/embedded/shared/listener-counters.ts';
import type { ListenerSettings, TargetUpsert } from '../../../provider/runtime/embedded/shared/messages.ts';
import { freePort, settings as settingsOf, workerListener } from './fixtures.ts';
import { ScriptedClient } from './http-peers.ts';

const HOST = '127.0.0.1';

/** Settings of the listener that override the defaults of these tests. By default a listener has no limits. */
type ProxyOptions = Partial<ListenerSettings>;

/** A proxy with one listener, whose targets are named by their ports. */
export class HttpProxy {
  readonly listeningSocket: TcpListeningSocket;
  readonly listener: WorkerListener;
  /** Failed connections to targets, as they are reported to the control plane. */
  readonly passive: string[] = [];
  readonly #counters = new Map<number, TargetCounters>();
  readonly #traffic = createListenerCounters(1);
  #slots = 0;

  static async start(t: TestContext, ports: readonly number[], options: ProxyOptions = {}): Promise<HttpProxy> {
    // The usual kind. The conformance table has the same rules on the other one.
    useSockets('raw');
    const port = await freePort();
    const settings: ListenerSettings = { ...settingsOf('web', port), protocol: 'HTTP', ...options };
    const endpoint = toEndpoint(settings);
    const listeningSocket = await TcpListeningSocket.open(endpoint, {
      acceptors: { HTTP: acceptHttp, TCP: () => assert.fail('no TCP here'), HTTPS: () => assert.fail('no TLS here') },
      rejecters: { HTTP: rejectHttp },
      isPortShared: false,
      log: () => {},
    });
    const proxy = new HttpProxy(listeningSocket, settings);
    t.after(() => listeningSocket.close());
    for (const port of ports) proxy.bind(port);
    listeningSocket.serve(proxy.listener);
    return proxy;
  }

  private constructor(listeningSocket: TcpListeningSocket, settings: ListenerSettings) {
    this.listeningSocket = listeningSocket;
    const tell = (key: string, error: Error | undefined) => {
      this.passive.push(`${key} ${error ? (error as NodeJS.ErrnoException).code : 'ok'}`);
    };
    this.listener = workerListener(settings, this.#traffic, tell);
  }

  get port(): number {
    return this.listeningSocket.endpoint.port;
  }

  /** The number of open client connections. */
  get clients(): number {
    return this.listener.counters.open;
  }

  bind(port: number): void {
    const counters = countersMaker(1)();
    this.#counters.set(port, counters);
    const slot = this.#slots++;
    const upsert: TargetUpsert = {
      target: { key: `${HOST}:${port}`, address: HOST, port, weight: 100 },
      health: 'healthy',
      begunAtMs: undefined,
      number: slot + 1,
      slot,
      counters,
    };
    this.listener.targets.update({ upserted: [upsert] });
  }

  /** Unbinds the target in one swap, as a worker does. */
  unbind(port: number): void {
    const { targets, settings } = this.listener;
    for (const target of targets.update({ removed: [`${HOST}:${port}`] })) target.tellHolds(settings);
  }

  counts(port: number): { requests: number; active: number } {
    const { requests, active } = readCounters(this.#counters.get(port) as TargetCounters);
    return { requests, active };
  }

  /** The target's responses by status class, 1xx to 5xx. */
  responses(port: number): readonly number[] {
    return readCounters(this.#counters.get(port) as TargetCounters).responses;
  }

  get traffic(): ListenerTraffic {
    return readListenerCounters(this.#traffic);
  }

  connect(t: TestContext): Promise<ScriptedClient> {
    return ScriptedClient.connect(t, this.port);
  }
}
