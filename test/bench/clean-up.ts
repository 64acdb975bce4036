// What the benchmark started, ended again: the newest first, each step once, also where one of them fails.
import type { TestContext } from 'node:test';

export class CleanUp {
  readonly #steps: (() => unknown)[] = [];

  /** In the form of a test's context, so that the tests' harness can be used here. */
  readonly after: TestContext['after'] = (step) => {
    if (step !== undefined) this.#steps.push(step as () => unknown);
  };

  async run(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be ended');
  }
}
