// Messages of failures that a user meets first: a target that stays unhealthy, and files and names that are not there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../harness/backends/backends.ts';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';

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

test('a file, a folder or a name that is not there is told in one line', async (t) => {
  const serve = ['serve', '--allow-plaintext', '--data'];
  const ROWS: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['plan', '/nowhere'], /^weir: the preview \/nowhere does not exist; make it with: .*\n$/],
    [['plan'], /^weir: there is no preview to read: .*\n$/],
    [['token', 'create', 'x', '--statements', '/nowhere'], /The file \/nowhere does not exist\.\n/],
    [[...serve, '/proc/weir'], /^weir: the directory \/proc\/weir cannot be made: .*\n$/],
    [
      [...serve, temporaryDirectory(t), '--api', 'weir.invalid:0'],
      /^weir: the name weir\.invalid of --api is not found/,
    ],
    [[...serve, ''], /^error: option '--data <dir>' is empty: give a value, or leave it out\n/],
    [['status', '--ca', ''], /^error: option '--ca <file>' is empty: /],
    [['backup', ''], /^error: argument 'file' is empty\n/],
    [['serve', '--api', 'http://127.0.0.1:0'], / It must be HOST:PORT, such as 127\.0\.0\.1:7400\.\n/],
    [['serve', '--deny-targets', 'db.example'], / is not a network such as .*: host names are not resolved\.\n/],
    [
      ['serve', '--allow-targets', '10.0.0.1:80'],
      / is not a network such as .*: write 10\.0\.0\.1\/32 for this address\.\n/,
    ],
    [['serve', '--ack-timeout', 'Infinity'], / It must be a number of seconds above 0 and at most 86400\.\n/],
    [
      [...serve, temporaryDirectory(t), '--vip-pool', 'vips.example'],
      /^weir: the VIP pool "vips\.example" is not an IPv4 block .*: host names are not resolved\n$/,
    ],
    [
      [...serve, temporaryDirectory(t), '--key-file', '/proc/weir/key'],
      /^weir: the directory \/proc\/weir cannot be made: .*\n$/,
    ],
  ];
  const ended = ROWS.map(async ([args, message]) => {
    const ran = promisify(execFile)(process.execPath, [MAIN, ...args]);
    ran.child.stdin?.end();
    await assert.rejects(ran, ({ code, stderr }: { code: number; stderr: string }) => {
      assert.match(stderr, message);
      assert.equal(code, 1);
      return true;
    });
  });
  await Promise.all(ended);
});
