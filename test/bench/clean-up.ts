// The clean-up of the benchmark: it ends everything that was started, the newest first, even if one of the steps fails.
import type { TestContext } from 'node:test';

export class CleanUp {
  readonly #steps: (() => unknown)[] = [];

  /**
   * Adds a step to the clean-up. The signature is that of a test context's `after`, so that the benchmark can use the
   * test harness.
   */
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
    if (errors.length > 0)
      throw new AggregateError(errors, 'some processes or servers of the benchmark could not be ended');
  }
}
