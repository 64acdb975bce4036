// The sample backend of the examples as a process of a test. It serves HTTP, and lines over TCP, on one port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../machine/tree.ts';

/** Starts a sample backend. Resolves when it accepts connections; the end of the test kills the process. */
export async function startSample(t: Pick<TestContext, 'after'>, name: string, port: number): Promise<void> {
  const program = join(ROOT, 'examples/backend.ts');
  const child = spawn(process.execPath, [program, name, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
}

/** Counts of responses by the name of the sample backend, which is the first word of each response. */
export function byName(responses: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(responses).map(([text, count]) => [text.split(' ')[0], count]));
}
