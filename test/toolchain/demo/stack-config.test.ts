// The configuration that the quick start sets for its stack.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { stackConfig } from '../../../.toolchain/demo/stack-config.ts';

it('contains the endpoint of the runtime and the port of every listener and backend, all as text', () => {
  const ports = { runtime: 7401, http: 8081, tcp: 9000, blue: 9001, green: 9002, amber: 9003 };
  assert.deepEqual(stackConfig('http://127.0.0.1:7401', ports), {
    'weir:endpoint': 'http://127.0.0.1:7401',
    'weir-quickstart:httpPort': '8081',
    'weir-quickstart:tcpPort': '9000',
    'weir-quickstart:bluePort': '9001',
    'weir-quickstart:greenPort': '9002',
    'weir-quickstart:amberPort': '9003',
  });
});
