// The API and its OpenAPI document: Schemathesis finds no contradiction, and requests that Node rejects get the API's
// error body too.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import { errorResponse } from '../../provider/model/api/error.ts';
import { freePort, httpBackend } from '../harness/backends/backends.ts';
import { RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { runSchemathesis } from '../harness/runtime/schemathesis.ts';

test('Schemathesis finds nothing in the API with all of its checks enabled', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  // Existing objects, which the generated requests can refer to.
  const { target } = await httpBackend(t, 'a');
  await runtime.done('PUT', '/v1/load-balancers/lb', { address: '127.0.0.1' });
  await runtime.done('PUT', '/v1/listeners/web', { loadBalancerId: 'lb', protocol: 'HTTP', port: await freePort() });
  await runtime.done('PUT', '/v1/attachments/pool', { listenerId: 'web', targets: { a: target } });
  const { code, output } = await runSchemathesis(
    [
      'run',
      `${runtime.url}/openapi.json`,
      '--header',
      `Authorization: Bearer ${runtime.token}`,
      '--checks',
      'all',
      // The event stream never ends, so Schemathesis would wait for it.
      '--exclude-path',
      '/v1/events',
      '--no-color',
    ],
    temporaryDirectory(t),
  );
  assert.equal(code, 0, output);
  assert.match(output, /\d{3,} generated, \d+ passed|No issues found/, output);
  assert.equal((await runtime.call('GET', '/v1/status')).status, 200);
});

const UNREAD: readonly (readonly [rule: string, send: string, status: number, code: string])[] = [
  ['no HTTP', 'nonsense\r\n\r\n', 400, 'InvalidParameter'],
  ['a method that Node does not know', 'FOO /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400, 'InvalidParameter'],
  ['a malformed header', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX Y: 1\r\n\r\n', 400, 'InvalidParameter'],
  [
    'headers that are too large',
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    400,
    'InvalidParameter',
  ],
  ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'InvalidParameter'],
  ['an expectation', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\n\r\n', 400, 'InvalidParameter'],
  [
    'two lengths',
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'InvalidParameter',
  ],
  [
    'a path that cannot be decoded',
    'GET /v1/listeners/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    400,
    'InvalidParameter',
  ],
  [
    'a method that the path does not have',
    'TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
    405,
    'MethodNotAllowed',
  ],
  [
    'a path that is not there',
    'GET /nothing HTTP/1.1\r\nHost: localhost\r\nAuthorization: ~\r\n\r\n',
    404,
    'UnknownRoute',
  ],
];

describe("an invalid request gets the API's error body", () => {
  let runtime: RuntimeProcess;
  const cleanUps: (() => unknown)[] = [];
  before(async () => {
    runtime = await RuntimeProcess.start({ after: (clean: () => unknown) => void cleanUps.push(clean) } as never);
  });
  test.after(async () => {
    for (const clean of cleanUps.reverse()) await clean();
  });

  for (const [rule, send, status, code] of UNREAD) {
    test(rule, async (t) => {
      const socket = connect({ host: '127.0.0.1', port: Number(new URL(runtime.url).port) });
      t.after(() => socket.destroy());
      socket.end(send.replace('~', `Bearer ${runtime.token}`));
      let response = '';
      socket.setEncoding('utf8').on('data', (text) => {
        response += text;
      });
      await once(socket, 'close');
      const [head = '', body = ''] = response.split('\r\n\r\n');
      assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), response);
      assert.match(head, /\r\nx-weir-runtime: /i);
      assert.equal(errorResponse.parse(JSON.parse(body)).code, code);
    });
  }
});
