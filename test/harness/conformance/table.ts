// The conformance table: runs every scenario on each engine. A scenario does not depend on a particular engine.
import { test } from 'node:test';
import { createWorld, ENGINES, type Scenario, SOCKET_ENGINES } from './world.ts';

export function testOnEachEngine(scenarios: readonly Scenario[]): void {
  testOn(ENGINES, scenarios);
}

/** Tests scenarios in which bytes on connections matter with each kind of sockets. */
export function testOnEachSocketKind(scenarios: readonly Scenario[]): void {
  testOn(SOCKET_ENGINES, scenarios);
}

function testOn(engines: object, scenarios: readonly Scenario[]): void {
  for (const engine of Object.keys(engines)) {
    for (const scenario of scenarios) {
      test(`${engine}: ${scenario.name}`, async (t) => {
        await scenario.run(await createWorld(t, engine, scenario), t);
      });
    }
  }
}
