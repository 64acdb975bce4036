// Messages of failures that a user meets first: a target that stays unhealthy, and a preview that is not there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { MAIN, RuntimeProcess } from '../harness/runtime/runtime.ts';

test('a wait for health that ends names the last error of each target', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const healthCheck = { intervalSeconds: 0.1, unhealthyThreshold: 1 };
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const listener = { loadBalancerId: 'lb', protocol: 'TCP', port: await freePort(), healthCheck };
  await runtime.done('PUT', '/v1/listeners/web', listener);
  const targets = { a: { address: '127.0.0.1', port: await freePort() } };
  const attachment = { listenerId: 'web', targets, awaitHealthySeconds: 0.5 };
  const { body } = await runtime.call('PUT', '/v1/attachments/pool', attachment);
  assert.match(body.message, /targets\.a is unhealthy \(connect ECONNREFUSED [^()]*\)/);
});

test('a plan of a file that is not there says so in one line', () => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'plan', '/nowhere/preview.json'], { encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^weir: the preview \/nowhere\/preview\.json does not exist; make it with: .*\n$/);
});
