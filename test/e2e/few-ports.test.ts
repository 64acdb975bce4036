// A runtime with few local ports: idle connections and a flood of UDP sessions leave ports to others.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('../harness/runtime/few-ports.ts', import.meta.url));

test('idle connections to targets and a flood of UDP sessions leave local ports to other clients', async () => {
  const namespace = ['--net', ...(process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user'])];
  const { stdout } = await promisify(execFile)('unshare', [...namespace, process.execPath, PROGRAM]);
  assert.deepEqual(JSON.parse(stdout), { tcp: ['200'], flooded: 30, dns: 3 });
});
