// Backends that respond to health checks late, for scenarios in which a change must not lose requests while it waits
// for a check.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { type Backend, listen } from '../backends/backends.ts';
import type { Load } from '../clients/load.ts';
import { until } from '../runtime/runtime.ts';

/** A health check on a path that responds late, so that clients make requests while a check is in progress. */
export const SLOW_CHECK = { protocol: 'HTTP', path: '/health', intervalSeconds: 0.2, timeoutSeconds: 5 };
const HEALTH_MS = 300;

/** Starts a backend that responds to requests with its name at once and to health checks after `HEALTH_MS`. */
export function slowToCheck(t: Pick<TestContext, 'after'>, name: string, port = 0, address?: string): Promise<Backend> {
  const server = createServer((request, response) => {
    setTimeout(() => response.end(name), request.url === '/health' ? HEALTH_MS : 0);
  });
  return listen(t, name, server, port, address);
}

/** Waits for requests that begin after the call, and asserts that `backend` responded to all of them. */
export async function servedBy(load: Load, { name }: Pick<Backend, 'name'>): Promise<void> {
  const atMs = performance.now();
  const later = () => load.exchanges.filter(({ startedAtMs }) => startedAtMs > atMs);
  await until('later requests', () => later().length > 20);
  assert.deepEqual([...new Set(later().map(({ backend, error }) => error ?? backend))], [name]);
}

export async function noFailures(load: Load): Promise<void> {
  await load.stop();
  assert.deepEqual(load.failures().slice(0, 3), []);
}
