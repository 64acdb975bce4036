// A real `weir serve`, whose listeners are made through the API.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../harness/backends/backends.ts';
import type { Pair } from '../harness/machine/certificates.ts';
import { RuntimeProcess } from '../harness/runtime/runtime.ts';
import type { CleanUp } from './clean-up.ts';
import type { ServingProcess } from './peers.ts';
import { giveAllCpus, giveProxyCpu } from './processors.ts';
import type { BenchProtocol } from './scenarios.ts';

interface WeirOptions {
  readonly cleanUp: CleanUp;
  readonly backends: Readonly<Record<BenchProtocol, ServingProcess>>;
  readonly protocols: ReadonlySet<BenchProtocol>;
  readonly pair: Pair;
  /** Folder of another checkout, whose version of Weir is started. */
  readonly checkout?: string;
  readonly workers: number;
  /** Whether the runtime may use all processors instead of the one of the proxies. */
  readonly hasAllCpus: boolean;
}

/** Starts Weir in the configuration of the peers: no health check, and the backend as the only target. */
export async function startWeir(options: WeirOptions): Promise<ReadonlyMap<BenchProtocol, ServingProcess>> {
  const { cleanUp, backends, protocols, pair, checkout, workers, hasAllCpus } = options;
  const runtime = await startBenchRuntime(cleanUp, checkout, workers);
  if (hasAllCpus) giveAllCpus(runtime.pid);
  else giveProxyCpu(runtime.pid);
  const served = new Map<BenchProtocol, ServingProcess>();
  for (const protocol of protocols) {
    const port = await putListener(runtime, protocol, protocol === 'HTTPS' ? { certificates: { bench: pair } } : {});
    const targets = { origin: { address: '127.0.0.1', port: backends[protocol].port } };
    await runtime.done('PUT', `/v1/attachments/${protocol}`, { listenerId: protocol, targets });
    served.set(protocol, { port, pid: runtime.pid });
  }
  return served;
}

/** Starts a runtime with a load balancer `bench`. */
export async function startBenchRuntime(cleanUp: CleanUp, checkout?: string, workers = 1): Promise<RuntimeProcess> {
  const main = checkout === undefined ? undefined : join(checkout, commandOf(checkout));
  const runtime = await RuntimeProcess.start(cleanUp, { args: ['--workers', `${workers}`], main });
  await runtime.done('PUT', '/v1/load-balancers/bench', { address: '127.0.0.1' });
  return runtime;
}

/** Path of the command `weir`, which differs in older checkouts. */
function commandOf(checkout: string): string {
  return JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')).bin.weir;
}

/** Puts a listener named after its protocol; returns its port. */
export async function putListener(
  runtime: RuntimeProcess,
  protocol: BenchProtocol,
  more: object = {},
): Promise<number> {
  const port = await freePort();
  const body = { loadBalancerId: 'bench', protocol, port, healthCheck: { protocol: 'none' }, ...more };
  await runtime.done('PUT', `/v1/listeners/${protocol}`, body);
  return port;
}
