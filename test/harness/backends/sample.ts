// The sample backend of the examples in a process of its own: one port serves HTTP and lines over TCP.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ROOT } from '../machine/tree.ts';

/** Returns when the backend accepts connections; the test's end ends it. */
export async function startSample(t: Pick<TestContext, 'after'>, name: string, port: number): Promise<void> {
  const program = join(ROOT, 'examples/backend.ts');
  const child = spawn(process.execPath, [program, name, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  await once(child.stdout, 'data');
}

/** Counts of responses by the name of the backend, with which each response begins. */
export function byName(responses: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(responses).map(([text, count]) => [text.split(' ')[0], count]));
}
