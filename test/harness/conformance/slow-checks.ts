// For the rows in which nothing may be lost while the checks that decide go on: backends that are checked late, under load.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import { type Backend, listen } from '../backends/backends.ts';
import type { Load } from '../clients/load.ts';
import { until } from '../runtime/runtime.ts';

/** A client's next request comes while a check of this path is under way. */
export const SLOW_CHECK = { protocol: 'HTTP', path: '/health', intervalSeconds: 0.2, timeoutSeconds: 5 };
const HEALTH_MS = 300;

/** Responses with its name, and its checks late. */
export function slowToCheck(t: Pick<TestContext, 'after'>, name: string, port = 0, address?: string): Promise<Backend> {
  const server = createServer((request, response) => {
    setTimeout(() => response.end(name), request.url === '/health' ? HEALTH_MS : 0);
  });
  return listen(t, name, server, port, address);
}

/** Resolves when requests that began after the call got their responses, all of them by `backend`. */
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
