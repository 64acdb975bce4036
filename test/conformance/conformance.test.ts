// Runs the conformance table on each engine.
import { test } from 'node:test';
import { SCENARIOS } from './scenarios.ts';
import { createWorld, ENGINES } from './world.ts';

for (const engine of Object.keys(ENGINES)) {
  for (const scenario of SCENARIOS) {
    test(`${engine}: ${scenario.name}`, async (t) => {
      await scenario.run(await createWorld(t, engine, scenario), t);
    });
  }
}
