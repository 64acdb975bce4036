// A part of the soak in a process of its own, whose methods the soak calls.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { CleanUp } from '../clean-up.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The methods of a part: asynchronous for the caller, whatever they are in the process. */
type Remote<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never;
};

/** Starts the program of a part, with an argument. The process ends with the clean-up. */
export function startPart<T extends object>(cleanUp: CleanUp, program: URL, argument: unknown): Remote<T> {
  const child = fork(program, [JSON.stringify(argument)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  const calls = new Map<number, (reply: Reply) => void>();
  child.on('message', (reply: Reply) => {
    calls.get(reply.id)?.(reply);
    calls.delete(reply.id);
  });
  child.on('exit', (code) => {
    for (const [id, respond] of calls) respond({ id, error: `${program.pathname} ended with ${code}` });
  });
  cleanUp.after(async () => {
    child.kill();
    await exit;
  });
  let last = 0;
  const call = (method: string, args: readonly unknown[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++last;
    calls.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))));
    child.send({ id, method, args } satisfies Call);
    return promise;
  };
  return new Proxy({} as Remote<T>, {
    get: (_, method: string) =>
      // A part is no promise, although `await` looks for this method.
      method === 'then' ? undefined : (...args: unknown[]) => call(method, args),
  });
}

/** Serves the calls in the process of a part; `make` gets the argument of the program. */
export async function servePart(make: (argument: never) => object | Promise<object>): Promise<void> {
  const part = Promise.resolve(make(JSON.parse(process.argv[2] ?? '') as never)) as Promise<
    Record<string, (...args: readonly unknown[]) => unknown>
  >;
  process.on('message', async ({ id, method, args }: Call) => {
    const reply = await (async () => (await part)[method]?.call(await part, ...args))().then(
      (value): Reply => ({ id, value }),
      (error): Reply => ({ id, error: String(error) }),
    );
    process.send?.(reply);
  });
}
