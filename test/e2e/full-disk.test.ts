// A disk that is full: its cause is named, reads and traffic go on, and writes work again once there is space.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { SmallDisk } from '../harness/machine/small-disk.ts';
import { RuntimeProcess, until } from '../harness/runtime/runtime.ts';

const FULL = /because the disk is full: free space on the file system of the data directory/;
const TOKEN = { name: 'ci', statements: [{ actions: ['slb:*'], resources: ['*'] }] };

async function readiness(runtime: RuntimeProcess): Promise<readonly [status: number, text: string]> {
  const { status, body } = await runtime.call('GET', '/readyz');
  return [status, body.status];
}

test('a full disk: each kind of write is a 503 that names it, reads and traffic go on, and so does a restart', async (t) => {
  const disk = await SmallDisk.mount(t, '1m');
  const backend = await httpBackend(t, 'a');
  const port = await freePort();
  const first = await RuntimeProcess.start(t, { disk });
  await first.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const check = { protocol: 'none' };
  await first.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port, healthCheck: check });
  await first.done('PUT', '/v1/attachments/app', { listenerId: 'web', targets: { a: backend.target } });
  const { id: token } = await first.done('POST', '/v1/tokens', TOKEN);
  const secret = {
    ...{ loadBalancerId: 'lb', protocol: 'HTTPS', port: await freePort(), healthCheck: check },
    certificates: { main: makePair(['a.example']) },
  };
  disk.fill();
  const refusesWrites = async (runtime: RuntimeProcess) => {
    const writes: readonly (readonly [method: string, path: string, body?: unknown])[] = [
      ['PUT', '/v1/load-balancers/other', {}],
      ['PUT', '/v1/listeners/secret', secret],
      ['PATCH', '/v1/attachments/app', { targets: { a: { weight: 7 } } }],
      ['DELETE', '/v1/attachments/app'],
      ['POST', '/v1/tokens', TOKEN],
      ['DELETE', `/v1/tokens/${token}`],
      ['GET', '/v1/backup'],
    ];
    for (const [method, path, body] of writes) {
      const { status, body: error } = await runtime.call(method, path, body, {
        ...(method === 'PATCH' && { 'content-type': 'application/merge-patch+json' }),
      });
      assert.deepEqual([status, error.code], [503, 'SystemBusy'], `${method} ${path}`);
      assert.match(error.message, FULL, `${method} ${path}`);
    }
    assert.deepEqual(await readiness(runtime), [503, 'traffic goes on, but writes fail: the disk is full']);
    assert.equal(await runtime.metric('weir_store_writable'), 0);
    assert.match(runtime.log(), /"msg":"nothing can be stored in \S+: the disk is full; free space/);
    assert.doesNotMatch(runtime.log(), /no transaction is active|background work failed/);
    assert.equal((await runtime.done('GET', '/v1/attachments/app')).boundTargets.a.weight, 100);
    assert.equal((await runtime.done('GET', '/v1/tokens')).items.length, 1);
    assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, 'a');
  };
  await refusesWrites(first);
  // The first of these ends as at a power cut, the second one in order; both leave a disk without any space.
  assert.equal(await first.end('SIGKILL'), 'SIGKILL');
  disk.fill();
  const second = await RuntimeProcess.start(t, { disk });
  await refusesWrites(second);
  assert.equal(await second.end('SIGTERM'), 0);
  disk.fill();
  const third = await RuntimeProcess.start(t, { disk });
  await refusesWrites(third);
  assert.ok(!existsSync(join(disk.seen, 'master-key')));
  disk.free();
  await until('the runtime to be ready', async () => (await readiness(third))[0] === 200);
  await third.done('PUT', '/v1/listeners/secret', secret);
  await third.done('POST', '/v1/tokens', TOKEN);
  assert.equal(await third.metric('weir_store_writable'), 1);
  assert.match(third.log(), /the data directory can be written again/);
  assert.equal(await third.end('SIGTERM'), 0);
  const last = await RuntimeProcess.start(t, { disk });
  assert.equal((await last.done('GET', '/v1/listeners')).items.length, 2);
  assert.equal((await last.done('GET', '/v1/tokens')).items.length, 2);
});

test('a disk that fills and empties while writes go on: what is acknowledged is stored, and nothing else', async (t) => {
  const disk = await SmallDisk.mount(t, '8m');
  let runtime = await RuntimeProcess.start(t, { disk });
  const acknowledged = new Map<string, string>();
  const tags = (text: string) => Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t${i}`, text.repeat(80)]));
  let refused = 0;
  let write = 0;
  for (let round = 0; round < 4; round++) {
    // Leaves room for some more pages of the log, which at some point is also to be moved to the database file.
    disk.fill(round * 150_000);
    const before = refused;
    while (refused < before + 5) {
      const id = `lb-${write % 200}`;
      const text = String.fromCharCode(97 + (write++ % 26));
      const { status, body } = await runtime.call('PUT', `/v1/load-balancers/${id}`, { tags: tags(text) });
      if (status === 200) acknowledged.set(id, text);
      else {
        refused++;
        assert.match(body.message, FULL);
      }
    }
    if (round % 2 === 1) await runtime.end('SIGKILL');
    disk.free();
    if (round % 2 === 1) runtime = await RuntimeProcess.start(t, { disk });
    await until('the runtime to be ready', async () => (await readiness(runtime))[0] === 200);
    const { items } = await runtime.done('GET', '/v1/load-balancers?limit=1000');
    const stored = new Map<string, string>(
      items.map(({ id, tags: { t0 } }: { id: string; tags: { t0: string } }) => [id, t0[0]]),
    );
    assert.deepEqual(new Map([...stored].sort()), new Map([...acknowledged].sort()));
  }
  assert.ok(acknowledged.size > 20);
});

test('the first start on a full disk names it, leaves no half of a runtime, and succeeds once there is space', async (t) => {
  const disk = await SmallDisk.mount(t, '1m');
  for (const leave of [0, 8_192, 40_000]) {
    disk.fill(leave);
    await assert.rejects(RuntimeProcess.start(t, { disk }), (error: Error) => {
      assert.match(error.message, FULL);
      assert.doesNotMatch(error.message, /\n\s+at /);
      return true;
    });
    disk.free();
  }
  const runtime = await RuntimeProcess.start(t, { disk });
  await runtime.done('PUT', '/v1/load-balancers/lb', {});
  assert.match(readFileSync(join(disk.seen, 'admin-token'), 'utf8'), /^weir_/);
});
