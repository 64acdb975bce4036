// What the raw tests run on: a real runtime of one engine, and one listener whose only client is the test.
import { after, before } from 'node:test';
import { createWorld, type World } from '../conformance/world.ts';

/** `start` runs before the tests of the suite that it is called in; what it is given cleans up behind them. */
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
    // One worker: the next client meets the idle connections that the last one left behind.
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
