// The steps before and after Pulumi: shown with a spinner on a terminal, and as plain lines elsewhere.
import { Listr } from 'listr2';

interface Step {
  readonly title: string;
  /** Runs the step. Resolves to the text that is shown behind the title. */
  readonly run: () => Promise<string>;
}

/** Runs the steps one after the other. Throws the error of the first step that fails. */
export async function steps(list: readonly Step[]): Promise<void> {
  let failure: unknown;
  const tasks = list.map(({ title, run }) => ({
    title,
    task: async (_context: unknown, task: { title: string }) => {
      try {
        task.title = `${title}: ${await run()}`;
      } catch (error) {
        failure = error;
        // The list of steps shows only this hint at the failed step, because the caller shows the whole error.
        throw new Error('see below');
      }
    },
  }));
  try {
    await new Listr(tasks, {
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false },
      // On a terminal of unknown width, as in some CI systems, the spinner would print one letter a line.
      fallbackRendererCondition: () => !process.stdout.columns,
    }).run();
  } catch (error) {
    throw failure ?? error;
  }
}
