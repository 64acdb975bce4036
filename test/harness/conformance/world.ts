// What each scenario of the conformance table starts from: a runtime on one engine, a load balancer and one listener.
import type { TestContext } from 'node:test';
import { targetKey } from '../../../provider/model/base/target-key.ts';
import { type Backend, freePort, httpBackend, tcpBackend } from '../backends/backends.ts';
import { type Load, type LoadOptions, startLoad } from '../clients/load.ts';
import { RuntimeProcess } from '../runtime/runtime.ts';
import { slowToCheck } from './slow-checks.ts';

/** The engines that the table runs on, with the flags of `weir serve`. */
export const ENGINES: Readonly<Record<string, readonly string[]>> = {
  embedded: [],
};

export interface Scenario {
  /** The rule that it proves. */
  readonly name: string;
  /** Properties of the listener beside load balancer and port; HTTP, checked every 0.2 s, where nothing is said. */
  readonly listener?: object;
  /** The load balancer's; 127.0.0.1 where nothing is said. */
  readonly address?: string;
  /** Flags of `weir serve`. */
  readonly flags?: readonly string[];
  readonly run: (world: World, t: TestContext) => Promise<void>;
}

export interface World {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly url: string;
  /** Ends the runtime and starts it again on the same data: `runtime` is the new one from then on. */
  restart(): Promise<void>;
  /** Puts the attachment `pool` of the listener `web`, and waits until each target of weight > 0 takes traffic. */
  bind(targets: Readonly<Record<string, object>>): Promise<void>;
  /** JSON merge patch of the same attachment. */
  patch(targets: Readonly<Record<string, object | null>>): Promise<void>;
  /** Puts the listener with other properties. */
  change(listener: object): Promise<void>;
  /** Responds to each request with its name, once `gate` is open. */
  httpBackend(name: string, port?: number, gate?: Promise<void>, address?: string): Promise<Backend>;
  /** Says its name to each connection that says something, then echoes. */
  tcpBackend(name: string, address?: string, port?: number): Promise<Backend>;
  /** Responds with its name, and to its checks late. */
  slowToCheck(name: string, port?: number, address?: string): Promise<Backend>;
  /** Clients of the listener at `/` where no other URL is given; they stop with the test at the latest. */
  startLoad(options: Omit<LoadOptions, 'url'> & { readonly url?: string }): Load;
}

export async function createWorld(
  t: Pick<TestContext, 'after'>,
  engine: string,
  { listener, address = '127.0.0.1', flags = [] }: Pick<Scenario, 'listener' | 'address' | 'flags'>,
): Promise<World> {
  const args = [...(ENGINES[engine] ?? []), ...flags];
  let runtime = await RuntimeProcess.start(t, { args });
  const port = await freePort(address);
  const change = async (properties: object) => {
    // No backend is silent: a check that is late is one of a busy machine.
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
      runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets, awaitHealthySeconds: 10 }),
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

/** A map of targets by the backends' names. */
export function targetsTo(
  backends: readonly Pick<Backend, 'name' | 'target'>[],
  weights: readonly number[] = [],
): Record<string, object> {
  return Object.fromEntries(backends.map(({ name, target }, i) => [name, { ...target, weight: weights[i] ?? 100 }]));
}
