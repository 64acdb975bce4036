// The conformance table: runs every scenario on each engine. A scenario does not depend on a particular engine.
import { test } from 'node:test';
import { createWorld, ENGINES, type Scenario } from './world.ts';

export function testOnEachEngine(scenarios: readonly Scenario[]): void {
  for (const engine of Object.keys(ENGINES)) {
    for (const scenario of scenarios) {
      test(`${engine}: ${scenario.name}`, async (t) => {
        await scenario.run(await createWorld(t, engine, scenario), t);
      });
    }
  }
}
