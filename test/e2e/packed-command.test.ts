// The command of the packed package, whose modules are bundled, does what the command of the checkout does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { exchange } from '../harness/clients/load.ts';
import { MAIN, RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';
import { installedCommand } from '../harness/stack/packed.ts';

const COMMANDS = ['serve', 'status', 'plan', 'export', 'token', 'backup', 'restore', 'completion'];

test('the command of the packed package does what that of the checkout does', async (t) => {
  const main = installedCommand(t);
  const run = (file: string, ...args: string[]) =>
    execFileSync(process.execPath, [file, ...args], { encoding: 'utf8' });

  await t.test('it has the same help and the same completion', () => {
    for (const args of [['--help'], ['completion', 'bash'], ...COMMANDS.map((name) => [name, '--help'])]) {
      assert.equal(run(main, ...args), run(MAIN, ...args), args.join(' '));
    }
  });

  await t.test('its runtime serves the same API, metrics and traffic, and ends at SIGTERM', async (t) => {
    const [packed, source] = [await RuntimeProcess.start(t, { main }), await RuntimeProcess.start(t)];
    const document = async ({ url }: RuntimeProcess) => (await fetch(`${url}/openapi.json`)).text();
    assert.equal(await document(packed), await document(source));
    const names = async (runtime: RuntimeProcess) =>
      [...(await runtime.metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    assert.deepEqual(await names(packed), await names(source));
    const backend = await httpBackend(t, 'a');
    const port = await freePort();
    await packed.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
    await packed.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port });
    await packed.done('PUT', '/v1/attachments/app', { listenerId: 'web', targets: { a: backend.target } });
    await until('traffic', async () => (await exchange(`http://127.0.0.1:${port}/`)).backend);
    const env = { ...process.env, HOME: packed.home, WEIR_ENDPOINT: packed.url };
    assert.match(execFileSync(process.execPath, [main, 'status'], { env, encoding: 'utf8' }), /\bweb\b/);
    assert.match(execFileSync(process.execPath, [main, 'export'], { env, encoding: 'utf8' }), /new weir\.Listener\(/);
    const backup = join(temporaryDirectory(t), 'backup');
    execFileSync(process.execPath, [main, 'backup', backup], { env, stdio: 'pipe' });
    execFileSync(process.execPath, [main, 'restore', backup, '--data', join(temporaryDirectory(t), 'data')], {
      stdio: 'pipe',
    });
    const next = await RuntimeProcess.start(t, { main, dataDirectory: packed.dataDirectory, args: ['--take-over'] });
    assert.equal((await exchange(`http://127.0.0.1:${port}/`)).backend, 'a');
    assert.equal(await next.end('SIGTERM'), 0);
  });

  await t.test('it names the licenses of what it contains', () => {
    const folder = dirname(main);
    const licenses = readFileSync(join(folder, 'LICENSES.txt'), 'utf8');
    for (const name of ['commander', 'fastify', 'pino', 'prom-client', 'zod', '@fastify/swagger'])
      assert.match(licenses, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, 'm'));
    for (const file of globSync('*.cjs', { cwd: folder }))
      assert.match(readFileSync(join(folder, file), 'utf8'), /^[\0-\x7F]*$/, file);
  });
});
