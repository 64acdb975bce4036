// `weir plan` as a pipeline runs it: the real preview of a stack, piped into the real command.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { MAIN } from '../runtime/runtime.ts';
import type { CommandResult, Stack } from '../stack/stack.ts';

/** Returns the JSON of a preview, even if the preview fails. */
export async function previewOf(stack: Stack, environment: Record<string, string> = {}): Promise<string> {
  return (await stack.run(['preview', '--json', '--show-sames'], environment)).stdout;
}

/** Runs `weir plan` in the stack's environment with the preview on its standard input. */
export async function runPlan(
  stack: Stack,
  preview: string,
  args: readonly string[] = [],
  changes: Record<string, string> = {},
): Promise<CommandResult> {
  const env = { ...process.env, ...stack.environment, ...changes };
  const child = spawn(process.execPath, [MAIN, 'plan', ...args], { cwd: stack.directory, env });
  // A command that rejects its arguments does not read its input, so the pipe may break.
  child.stdin.on('error', () => {});
  child.stdin.end(preview);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr, text: stdout + stderr };
}

/** Returns the Markdown that `weir plan` prints for a preview of the stack; a failure fails the test. */
export async function planMarkdownOf(stack: Stack, changes: Record<string, string> = {}): Promise<string> {
  const { code, stdout, text: all } = await runPlan(stack, await previewOf(stack), [], changes);
  if (code !== 0) throw new Error(`weir plan ended with ${code}:\n${all}`);
  return stdout;
}

interface PlannedShare {
  readonly before: number;
  readonly after: number;
}

/** Reads the shares in percent from the tables of a plan, by target. An unknown share is NaN. */
export function plannedShares(markdown: string): Record<string, PlannedShare> {
  const rows = [...markdown.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
  const shares = rows.filter((cells) => cells.length >= 6 && cells[0] !== 'target' && cells[0] !== '---');
  return Object.fromEntries(
    shares.map(([name = '', , , , before, after]) => [
      name.replaceAll('`', ''),
      { before: Number.parseFloat(before ?? ''), after: Number.parseFloat(after ?? '') },
    ]),
  );
}
