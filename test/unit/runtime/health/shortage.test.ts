// A shortage of the runtime says nothing about targets: in checks of every protocol, hand-overs and connects of workers.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shortageOf } from '../../../../provider/runtime/contract/shortage.ts';
import type { Target } from '../../../../provider/runtime/embedded/serving/target.ts';
import { TargetSet } from '../../../../provider/runtime/embedded/serving/target-set.ts';
import { countersMaker } from '../../../../provider/runtime/embedded/shared/counters.ts';
import { createWaiting } from '../../../../provider/runtime/embedded/shared/waiting.ts';
import { createPickingState } from '../../../../provider/runtime/select/picking-state.ts';
import { freePort, target, targetGroupSettings } from '../../../harness/engine/fixtures.ts';

const PROGRAM = fileURLToPath(new URL('../../../harness/health/few-descriptors.ts', import.meta.url));

test('checks without descriptors change no health and no threshold, and a hand-over names the shortage', async () => {
  const command = `ulimit -n 64 && exec "$0" "$1" ${await freePort()}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, PROGRAM]);
  const { during, refused, after } = JSON.parse(stdout);
  const untouched = { health: 'healthy', passes: 0, failures: 0, passiveFailures: 0, hasPassed: true };
  assert.deepEqual(during, [untouched, untouched, untouched, untouched]);
  assert.match(refused, /within 0.5 s: the runtime is short of descriptors \(.*EMFILE/);
  for (const error of after) assert.match(error, /ECONNREFUSED/);
});

test('errors of the machine and of automatic binds are shortages, and other errors are about the target', () => {
  const resources = {
    descriptors: ['EMFILE', 'ENFILE'],
    ports: ['EADDRNOTAVAIL', 'EADDRINUSE'],
    memory: ['ENOBUFS', 'ENOMEM'],
  };
  for (const [resource, codes] of Object.entries(resources)) {
    for (const code of codes) assert.equal(shortageOf(Object.assign(new Error(code), { code }))?.resource, resource);
  }
  for (const code of ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', undefined])
    assert.equal(shortageOf(Object.assign(new Error(code), { code })), undefined);
});

test("a worker's connect that a shortage prevents does not count as a failure of the target", () => {
  const heard: (string | undefined)[] = [];
  const onPassive = (_key: string, error: Error | undefined) => heard.push(error?.message);
  const set = new TargetSet(
    {
      settings: targetGroupSettings('web'),
      pickingState: createPickingState(),
      waiting: createWaiting(1),
      clients: undefined,
    },
    0,
    onPassive,
  );
  const served = { health: 'healthy', begunAtMs: undefined, number: 1, slot: 0, counters: countersMaker(1)() } as const;
  set.update({ upserted: [{ target: target(80), ...served }] });
  const tried = set.target(target(80).key) as Target;
  tried.connectFailed(Object.assign(new Error('no descriptors'), { code: 'EMFILE' }));
  tried.connected();
  assert.deepEqual(heard, ['no descriptors'], 'there is no series of failures that a success could end');
});
