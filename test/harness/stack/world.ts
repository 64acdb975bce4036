// The surroundings of a stack test: a runtime, a stack that uses it, a free port and backends, which end with the test.
import type { TestContext } from 'node:test';
import { freePort, httpBackend } from '../backends/backends.ts';
import { RuntimeProcess, type StartOptions } from '../runtime/runtime.ts';
import { Stack } from './stack.ts';

export type StackWorld = Awaited<ReturnType<typeof stackWorldOf>>;

export async function stackWorldOf(t: TestContext, options: StartOptions = {}) {
  const runtime = await RuntimeProcess.start(t, options);
  const stack = await Stack.create(t, '', runtime);
  const port = await freePort();
  return {
    runtime,
    stack,
    port,
    /** URL of a listener at `port`. */
    url: `http://127.0.0.1:${port}/`,
    /** Returns a free port other than `port`. */
    freePort: () => freePort(),
    /** Starts an HTTP backend on the port `at`, or on a free port. The backend responds with its name. */
    httpBackend: (name: string, at?: number) => httpBackend(t, name, at),
  };
}
