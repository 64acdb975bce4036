// Shows the steps before and after Pulumi: with a spinner on a terminal, as plain lines elsewhere.
import { Listr } from 'listr2';

interface Step {
  readonly title: string;
  /** Responses with what to show behind the title. */
  readonly run: () => Promise<string>;
}

/** One after the other; throws what the first that fails throws. */
export async function steps(list: readonly Step[]): Promise<void> {
  let failure: unknown;
  const tasks = list.map(({ title, run }) => ({
    title,
    task: async (_context: unknown, task: { title: string }) => {
      try {
        task.title = `${title}: ${await run()}`;
      } catch (error) {
        failure = error;
        // Whoever catches it shows it whole.
        throw new Error('see below');
      }
    },
  }));
  try {
    await new Listr(tasks, {
      registerSignalListeners: false,
      rendererOptions: { collapseErrors: false },
      // A terminal of unknown width, as some CI systems have it, would get one letter a line.
      fallbackRendererCondition: () => !process.stdout.columns,
    }).run();
  } catch (error) {
    throw failure ?? error;
  }
}
