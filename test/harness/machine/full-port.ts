// A port on which every attempt to connect hangs, because its accept queue is full.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { until } from '../runtime/runtime.ts';

/**
 * Opens the port in a thread that sleeps and therefore accepts nothing, and fills its accept queue. With the host
 * 0.0.0.0, it is the port of every address of this machine.
 */
export async function fullPort(t: Pick<TestContext, 'after'>, host = '127.0.0.1'): Promise<number> {
  const sleeper = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '${host}', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  t.after(() => sleeper.terminate());
  const [port] = (await once(sleeper, 'message')) as [number];
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  t.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  // The accept queue holds two connections for a backlog of 1; every further connection attempt hangs.
  await until('a full accept queue', () => fillers.filter((filler) => !filler.connecting).length === 2 || undefined);
  return port;
}
