// A target in a process of its own, so that its work does not count as a client's silence.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../../harness/backends/backends.ts';
import type { CleanUp } from '../clean-up.ts';

/** Runs a program of Node whose first argument is a free port, and which prints a line once it listens there. */
export function startTarget(cleanUp: CleanUp, code: string): Promise<number> {
  return startProgram(cleanUp, process.execPath, ['-e', code]);
}

/** Runs any such program, with the port after its other arguments. Returns the port. */
export async function startProgram(cleanUp: CleanUp, program: string, args: readonly string[]): Promise<number> {
  const port = await freePort();
  const child = spawn(program, [...args, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  cleanUp.after(async () => {
    child.kill();
    await exit.catch(() => {});
  });
  await Promise.race([
    once(child.stdout, 'data'),
    exit.then(([code]) => {
      throw new Error(`${program} ended with ${code}`);
    }),
  ]);
  return port;
}

/** A small website. */
export const WEB = `require('node:http').createServer((_request, response) => response.end('ok')).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('open'))`;
