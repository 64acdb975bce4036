// The key file of `weir serve`, and the absence of keys in everything that a failed request leaves behind.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/backends/backends.ts';
import { makePair, servedName } from '../harness/machine/certificates.ts';
import { RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

const PAIR = makePair(['a.example']);

async function withListener(t: TestContext, args: readonly string[], port: number): Promise<RuntimeProcess> {
  const runtime = await RuntimeProcess.start(t, { args });
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  assert.ok(!existsSync(join(runtime.dataDirectory, 'master-key')), 'no key file exists before the first secret');
  const body = { loadBalancerId: 'lb', protocol: 'HTTPS', port, certificates: { main: PAIR } };
  await runtime.done('PUT', '/v1/listeners/web', body);
  return runtime;
}

test('the key file is made in the data directory at first use, and the same certificates serve after a restart', async (t) => {
  const port = await freePort();
  const runtime = await withListener(t, [], port);
  const { dataDirectory, home } = runtime;
  const file = join(dataDirectory, 'master-key');
  assert.deepEqual([statSync(file).mode & 0o777, statSync(file).size], [0o600, 32]);
  assert.equal(await runtime.end('SIGTERM'), 0);
  await RuntimeProcess.start(t, { dataDirectory, home });
  assert.equal(await servedName(port), 'a.example');
});

test('--key-file sets another place; a wrong, damaged or readable-by-others key file ends the start', async (t) => {
  const port = await freePort();
  const file = join(temporaryDirectory(t), 'key');
  const args = ['--key-file', file];
  const runtime = await withListener(t, args, port);
  const { dataDirectory, home } = runtime;
  assert.ok(!existsSync(join(dataDirectory, 'master-key')));
  assert.equal(await runtime.end('SIGTERM'), 0);

  const key = readFileSync(file);
  const start = (flags: readonly string[]) => RuntimeProcess.start(t, { dataDirectory, home, args: flags });
  const isOneError = (pattern: RegExp) => (error: Error) => {
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /\n\s+at /);
    return true;
  };
  await assert.rejects(start([]), isOneError(/key file \S+master-key is missing: restore the key file/));
  writeFileSync(file, Buffer.alloc(32));
  await assert.rejects(
    start(args),
    isOneError(/key file \S+ does not open the secrets of listeners\/web, because it holds another key/),
  );
  writeFileSync(file, key.subarray(1));
  await assert.rejects(start(args), isOneError(/key file \S+ is damaged: it has 31 bytes/));
  writeFileSync(file, key);
  chmodSync(file, 0o644);
  await assert.rejects(
    start(args),
    isOneError(/key file \S+ is open to other users \(mode 644\): run chmod 600 on it/),
  );
  chmodSync(file, 0o600);
  await start(args);
  assert.equal(await servedName(port), 'a.example');
});

test('a refused request puts no key into a response, the log or the data', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  const line = PAIR.privateKey.split('\n')[1] ?? '';
  const listener = { loadBalancerId: 'lb', protocol: 'HTTPS', port: await freePort() };
  const bad: readonly unknown[] = [
    { ...listener, certificates: { main: { ...PAIR, certificate: makePair(['b.example']).certificate } } },
    { ...listener, certificates: { main: { certificate: PAIR.privateKey, privateKey: PAIR.privateKey } } },
    { ...listener, certificates: { main: { ...PAIR, serverNames: [PAIR.privateKey] } } },
    { ...listener, certificates: { main: { ...PAIR, privateKey: [PAIR.privateKey] } } },
    { ...listener, certificates: PAIR },
    { ...listener, protocol: PAIR.privateKey },
    { ...listener, certificates: { main: PAIR }, loadBalancerId: 'none' },
  ];
  const texts = bad.map((body) => JSON.stringify(body));
  // A request body with a key that is not JSON: a parser that quotes its input would quote the key.
  texts.push(`{"privateKey": ${PAIR.privateKey}}`, line);
  for (const body of texts) {
    const response = await fetch(`${runtime.url}/v1/listeners/web`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${runtime.token}`, 'content-type': 'application/json' },
      body,
    });
    assert.equal(response.status, 400);
    assert.ok(!(await response.text()).includes(line.slice(0, 10)), body.slice(0, 200));
  }
  await until('a runtime without pending requests', async () => (await runtime.call('GET', '/healthz')).status === 200);
  assert.ok(!runtime.log().includes(line.slice(0, 10)));
});
