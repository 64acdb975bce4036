// Shutdown of a runtime under load by SIGTERM.
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
  // A closed port refuses connections. A kept connection may close while its next request is on the way, as with any
  // server.
  const isRefused = (error: string) => /ECONNREFUSED|ECONNRESET|socket hang up/.test(error);
  const failed = load.failures().filter(({ error }) => !isRefused(error ?? ''));
  return [
    {
      what: `SIGTERM under load: exit code, failed requests of ${load.exchanges.length - load.failures().length}; duration`,
      bound: '0, 0',
      measured: `${code}, ${failed.length}; ${milliseconds(tookMs)}`,
      isMet: code === 0 && failed.length === 0,
    },
  ];
};
