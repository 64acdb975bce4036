// A load at a fixed rate, whether responses come or not; its program runs in a process of its own.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { WrkResult } from './wrk.ts';

const PROGRAM = fileURLToPath(new URL('open-loop-load.ts', import.meta.url));

export interface OpenLoopOptions {
  readonly port: number;
  readonly path: string;
  readonly perSecond: number;
  readonly seconds: number;
}

/** Runs the load. Rejects if a request fails, or if the rate was not reached, because the delays would mean nothing. */
export async function runOpenLoop({
  signal,
  ...options
}: OpenLoopOptions & { signal: AbortSignal }): Promise<WrkResult> {
  const timeout = options.seconds * 1000 + 30_000;
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify(options)], {
    signal,
    timeout,
  });
  return JSON.parse(stdout);
}
