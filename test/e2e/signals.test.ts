// Signals to `weir serve`: SIGUSR1 opens no debugger, and SIGHUP reloads what can be reloaded and ends nothing.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePair, servedName } from '../harness/machine/certificates.ts';
import { MAIN, RuntimeProcess, temporaryDirectory, until } from '../harness/runtime/runtime.ts';

test('SIGUSR1 and SIGHUP without an access log leave the runtime as it is, and open no debugger', async (t) => {
  const runtime = await RuntimeProcess.start(t, { args: ['--workers', '2'] });
  for (const signal of ['SIGUSR1', 'SIGHUP', 'SIGUSR1', 'SIGUSR1'] as const) process.kill(runtime.pid, signal);
  await until('the reload', () => /"msg":"reloaded/.test(runtime.log()));
  assert.equal((await runtime.done('GET', '/v1/status')).workers.length, 2);
  assert.doesNotMatch(runtime.log(), /Debugger/);
  assert.equal(await runtime.end('SIGTERM'), 0);
});

test('a debugger that opens before and after the command has begun is closed each time', async (t) => {
  // A signal before the handler is there opens the debugger in the same way, on a busy machine long after the signal.
  const early = `
    const { open, url } = await import('node:inspector');
    process.kill(process.pid, 'SIGUSR1');
    while (url() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    let left = 2;
    const again = setInterval(() => {
      if (url() !== undefined) return;
      open(0);
      if (--left === 0) clearInterval(again);
    }, 20);`;
  const node = ['--inspect-port=0', '--import', `data:text/javascript,${encodeURIComponent(early)}`];
  const args = [...node, MAIN, 'serve', '--data', temporaryDirectory(t), '--api', '127.0.0.1:0'];
  const env = { ...process.env, HOME: temporaryDirectory(t) };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  await once(child.stdout, 'data');
  const ports = () => [...log.matchAll(/ws:\/\/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
  await until('the debugger to be opened three times', () => ports().length === 3 || undefined);
  for (const port of ports()) {
    await until('the debugger to be closed', () => isClosed(port));
  }
});

async function isClosed(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('error', () => resolve(true));
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

test('SIGHUP gives the new certificate of the API to new connections, and a broken one keeps the old one', async (t) => {
  const folder = temporaryDirectory(t);
  const [certificate, privateKey] = [join(folder, 'api.crt'), join(folder, 'api.key')];
  const [a, b] = [makePair(['a.example']), makePair(['b.example'])];
  const write = (cert: string, key: string) => {
    writeFileSync(certificate, cert);
    writeFileSync(privateKey, key, { mode: 0o600 });
  };
  write(a.certificate, a.privateKey);
  const args = ['--api-cert', certificate, '--api-key', privateKey];
  const runtime = await RuntimeProcess.start(t, { args });
  const port = Number(new URL(runtime.url).port);
  const open = request(runtime.url, { agent: false, rejectUnauthorized: false, path: '/healthz' });
  await once(open, 'socket').then(([socket]) => once(socket, 'secureConnect'));

  const broken: readonly (() => void)[] = [
    () => write(b.certificate, a.privateKey),
    () => write('', ''),
    () => write(b.certificate.slice(0, 200), b.privateKey),
    () => rmSync(privateKey),
    // Nobody writes to the pipe, and the runtime does not wait for it.
    () => spawnSync('mkfifo', [privateKey]),
  ];
  for (const [index, breakIt] of broken.entries()) {
    breakIt();
    process.kill(runtime.pid, 'SIGHUP');
    const told = () => runtime.log().match(/keeps its certificate, because the new one cannot be used/g)?.length;
    await until('the error in the log', () => told() === index + 1);
    assert.equal(await servedName(port), 'a.example');
  }
  rmSync(privateKey);
  write(b.certificate, b.privateKey);
  process.kill(runtime.pid, 'SIGHUP');
  await until('the new certificate', async () => (await servedName(port)) === 'b.example');
  open.end();
  const [response] = await once(open, 'response');
  assert.equal(response.statusCode, 200);
  response.resume();
  await runtime.end('SIGTERM');
  write(a.certificate, b.privateKey);
  await assert.rejects(
    RuntimeProcess.start(t, { args }),
    /weir: \S+api\.crt and \S+api\.key are not a certificate and its private key: /,
  );
});
