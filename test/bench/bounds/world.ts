// The start of each measurement of a bound: a runtime with one listener, one attachment and, unless
// the listener says otherwise, no health checks.
import { freePort } from '../../harness/backends/backends.ts';
import { RuntimeProcess, type StartOptions } from '../../harness/runtime/runtime.ts';
import type { CleanUp } from '../clean-up.ts';

interface BoundWorld {
  readonly runtime: RuntimeProcess;
  readonly port: number;
  readonly url: string;
  patch(targets: Readonly<Record<string, object | null>>): Promise<void>;
}

export async function startWorld(
  cleanUp: CleanUp,
  listener: object,
  targets: Readonly<Record<string, object>>,
  workers = 1,
  options: StartOptions = {},
): Promise<BoundWorld> {
  const runtime = await RuntimeProcess.start(cleanUp, { ...options, args: ['--workers', `${workers}`] });
  const port = await freePort();
  const healthCheck = { protocol: 'none' };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', port, healthCheck, ...listener });
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets });
  return {
    runtime,
    port,
    url: `http://127.0.0.1:${port}/`,
    patch: (changed) => runtime.done('PATCH', '/v1/attachments/pool', { targets: changed }),
  };
}
