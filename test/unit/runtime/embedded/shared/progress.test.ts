// A worker that is busy is told from one whose event loop stands still, with a real thread.
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createProgress, StandstillWatch } from '../../../../../provider/runtime/embedded/shared/progress.ts';
import { until } from '../../../../harness/runtime/runtime.ts';

const MODULE = new URL('../../../../../provider/runtime/embedded/shared/progress.ts', import.meta.url);

/** A thread that sends each message back, and that a message "stop" stops until the memory `gate` changes. */
const CODE = `
import { parentPort, workerData } from 'node:worker_threads';
import { recordProgress } from ${JSON.stringify(MODULE.href)};
recordProgress(workerData.progress);
parentPort.on('message', (message) => {
  if (message === 'stop') Atomics.wait(new Int32Array(workerData.gate), 0, 0);
  parentPort.postMessage(message);
});
`;

test('a thread with a queue of messages makes progress, and one that is stopped stands still until it goes on', async (t) => {
  const [progress, gate] = [createProgress(), new SharedArrayBuffer(4)];
  const code = new URL(`data:text/javascript,${encodeURIComponent(CODE)}`);
  const worker = new Worker(code, { workerData: { progress, gate } });
  t.after(() => worker.terminate());
  await once(worker, 'online');
  const watch = new StandstillWatch(progress);
  worker.on('message', () => worker.postMessage('again'));
  for (let message = 0; message < 100; message++) worker.postMessage('busy');
  await until('progress', () => watch.look(250) === 0);
  worker.postMessage('stop');
  await until('a standstill', () => watch.look(250) >= 2_000);
  Atomics.store(new Int32Array(gate), 0, 1);
  Atomics.notify(new Int32Array(gate), 0);
  await until('progress again', () => watch.look(250) === 0);
});
