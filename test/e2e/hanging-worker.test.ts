// A worker whose event loop stands still: it serves none of its clients, and is replaced even if no write comes.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

const HOOK = new URL('../harness/runtime/hanging-worker.ts', import.meta.url);

test('a worker that hangs is replaced although no write comes', async (t) => {
  const file = join(temporaryDirectory(t), 'hang');
  const runtime = await RuntimeProcess.start(t, {
    args: ['--workers', '2'],
    imports: [HOOK],
    env: { WEIR_TEST_HANG: file },
  });
  const restarts = async () =>
    (await runtime.done('GET', '/v1/status')).workers.map((worker: { restarts: number }) => worker.restarts);
  writeFileSync(file, '');
  await until('the end of the worker', () => runtime.log().includes('stood still for 10000 ms'));
  rmSync(file);
  await until('its replacement', async () => (await restarts())[0] === 1);
  assert.deepEqual(await restarts(), [1, 0]);
});
