// The starting point of each conformance scenario: a runtime on one engine, with a load balancer and one listener.
import type { TestContext } from 'node:test';
import { targetKey } from '../../../provider/model/base/target-key.ts';
import { type Backend, freePort, httpBackend, tcpBackend } from '../backends/backends.ts';
import { type Load, type LoadOptions, startLoad } from '../clients/load.ts';
import { RuntimeProcess } from '../runtime/runtime.ts';
import { slowToCheck } from './slow-checks.ts';

/** The engines that the conformance table runs on, with the flags of `weir serve` that select them. */
export const ENGINES: Readonly<Record<string, readonly string[]>> = {
  embedded: [],
};

/**
 * The engines for rows in which bytes on connections matter: each with every kind of sockets that it has. Other rows
 * run on the usual kind alone, because they take most of the time of the table.
 */
export const SOCKET_ENGINES: Readonly<Record<string, readonly string[]>> = {
  ...ENGINES,
  'embedded, --sockets net': ['--sockets', 'net'],
};

export interface Scenario {
  /** The rule that the scenario proves, as one sentence. */
  readonly name: string;
  /**
   * Properties of the listener, without load balancer and port. The default is HTTP with a health check every 0.2 s. The
   * attachment `pool` belongs to the same stack as the listener.
   */
  readonly listener?: object;
  /** Address of the load balancer; the default is 127.0.0.1. */
  readonly address?: string;
  /** Additional flags of `weir serve`. */
  readonly flags?: readonly string[];
  readonly run: (world: World, t: TestContext) => Promise<void>;
}

export interface World {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly url: string;
  /** Ends the runtime and starts it again on the same data. `runtime` is the new process afterwards. */
  restart(): Promise<void>;
  /**
   * Puts the attachment `pool` of the listener `web`, and waits until each target with a weight above 0 takes traffic.
   */
  bind(targets: Readonly<Record<string, object>>): Promise<void>;
  /** Changes the targets of the attachment `pool` by a JSON merge patch. */
  patch(targets: Readonly<Record<string, object | null>>): Promise<void>;
  /** Puts the listener `web` with changed properties. */
  change(listener: object): Promise<void>;
  /** Starts an HTTP backend that responds with its name; each response waits until `gate` resolves. */
  httpBackend(name: string, port?: number, gate?: Promise<void>, address?: string): Promise<Backend>;
  /** Starts a TCP backend that sends its name after the first bytes of a connection, then echoes. */
  tcpBackend(name: string, address?: string, port?: number): Promise<Backend>;
  /** Starts a backend that responds to requests at once and to health checks late. */
  slowToCheck(name: string, port?: number, address?: string): Promise<Backend>;
  /** Starts clients of the listener at `url`, by default at `/`. They stop at the end of the test at the latest. */
  startLoad(options: Omit<LoadOptions, 'url'> & { readonly url?: string }): Load;
}

export async function createWorld(
  t: Pick<TestContext, 'after'>,
  engine: string,
  { listener, address = '127.0.0.1', flags = [] }: Pick<Scenario, 'listener' | 'address' | 'flags'>,
): Promise<World> {
  const args = [...(SOCKET_ENGINES[engine] ?? []), ...flags];
  let runtime = await RuntimeProcess.start(t, { args });
  const port = await freePort(address);
  const { owner } = (listener ?? {}) as { owner?: string };
  const owned = owner === undefined ? {} : { owner: `${owner}-pool` };
  const change = async (properties: object) => {
    // The backends of scenarios respond to every check, so a late response means a busy machine. The long timeout
    // tolerates it.
    const healthCheck = { intervalSeconds: 0.2, timeoutSeconds: 5 };
    const body = { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck, ...listener, ...properties };
    await runtime.done('PUT', '/v1/listeners/web', body);
  };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address });
  await change({});
  const url = `http://${targetKey(address, port)}/`;
  return {
    get runtime() {
      return runtime;
    },
    port,
    url,
    change,
    restart: async () => {
      await runtime.end('SIGTERM');
      runtime = await RuntimeProcess.start(t, { args, dataDirectory: runtime.dataDirectory, home: runtime.home });
    },
    bind: (targets) =>
      runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, awaitHealthySeconds: 10, ...owned }),
    patch: (targets) => runtime.done('PATCH', '/v1/attachments/pool', { targets }),
    httpBackend: (...rest) => httpBackend(t, ...rest),
    tcpBackend: (...rest) => tcpBackend(t, ...rest),
    slowToCheck: (...rest) => slowToCheck(t, ...rest),
    startLoad: (options) => {
      const load = startLoad({ url, ...options });
      t.after(() => load.stop());
      return load;
    },
  };
}

/** Returns a map of targets by backend name. A backend without an entry in `weights` gets no explicit weight. */
export function targetsTo(
  backends: readonly Pick<Backend, 'name' | 'target'>[],
  weights: readonly number[] = [],
): Record<string, object> {
  return Object.fromEntries(backends.map(({ name, target }, i) => [name, { ...target, weight: weights[i] ?? 100 }]));
}
