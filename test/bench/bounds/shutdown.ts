// How SIGTERM ends a runtime under load.
import { httpBackend } from '../../harness/backends/backends.ts';
import { startLoad } from '../../harness/clients/load.ts';
import { until } from '../../harness/runtime/runtime.ts';
import { type MeasureBound, milliseconds } from './bound.ts';
import { startWorld } from './world.ts';

const CLIENTS = 16;

export const measureShutdown: MeasureBound = async ({ cleanUp }) => {
  const { target } = await httpBackend(cleanUp, 'a');
  const { url, runtime } = await startWorld(cleanUp, { protocol: 'HTTP' }, { target });
  const load = startLoad({ url, clients: CLIENTS });
  await until('requests', () => load.exchanges.length > 2_000 || undefined);
  const startedAt = performance.now();
  const code = await runtime.end('SIGTERM');
  const tookMs = performance.now() - startedAt;
  await load.stop();
  // A closed port refuses; a kept connection may be closed while the next request is on its way, as by any server.
  const isRefused = (error: string) => /ECONNREFUSED|ECONNRESET|socket hang up/.test(error);
  const failed = load.failures().filter(({ error }) => !isRefused(error ?? ''));
  return [
    {
      what: `SIGTERM under load: exit code, failed requests of ${load.exchanges.length - load.failures().length}; the time that it took`,
      bound: '0, 0',
      measured: `${code}, ${failed.length}; ${milliseconds(tookMs)}`,
      isMet: code === 0 && failed.length === 0,
    },
  ];
};
