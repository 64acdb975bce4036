// A runtime on one engine with a single listener and a single backend, for tests that send raw bytes.
import { after, before } from 'node:test';
import { createWorld, type World } from '../conformance/world.ts';

/** Starts the runtime and the backend before the tests of the enclosing suite, and cleans up after them. */
export function lineOf<B extends { readonly target: object }>(
  engine: string,
  start: (t: { after(clean: () => unknown): void }) => Promise<B>,
  listener: object = {},
): { readonly world: World; readonly backend: B } {
  const cleanUps: (() => unknown)[] = [];
  const suite = { after: (clean: () => unknown) => void cleanUps.push(clean) };
  let world: World;
  let backend: B;
  before(async () => {
    // The runtime has only one worker, so that each client uses the idle backend connections that the previous client
    // left.
    const flags = ['--workers', '1'];
    world = await createWorld(suite, engine, { flags, listener: { healthCheck: { protocol: 'none' }, ...listener } });
    backend = await start(suite);
    await world.bind({ only: backend.target });
  });
  after(async () => {
    for (const clean of cleanUps.reverse()) await clean();
  });
  return {
    get world() {
      return world;
    },
    get backend() {
      return backend;
    },
  };
}
