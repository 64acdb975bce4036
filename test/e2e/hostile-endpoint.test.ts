// The command line before an endpoint that means harm: nothing that it says moves the cursor, and nothing goes on for ever.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { PROOF_HEADER } from '../../provider/model/permissions/proof.ts';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { proofFor } from '../harness/runtime/scripted-runtime.ts';

/** Characters that may not reach a terminal, with the end of a line and C1 control characters. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029\u3164]/u;
const EVIL = 'a\u001b[2J\n\u009b1mweir: done\u202e\u200b\u2066\u3164\u2028';

type Respond = (url: string, response: ServerResponse) => void;

/** Starts an endpoint that proves that it knows the token, as a stolen token lets it, and returns its URL. */
async function endpoint(t: TestContext, runtimeId: string, respond: Respond): Promise<string> {
  const server = createServer((request, response) => {
    response.setHeader('X-Weir-Runtime', runtimeId);
    const proof = proofFor(request, runtimeId);
    if (proof !== undefined) response.setHeader(PROOF_HEADER, proof);
    respond(request.url ?? '', response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function weir(t: TestContext, url: string, ...args: string[]) {
  const env = { ...process.env, WEIR_ENDPOINT: url, WEIR_TOKEN: 'weir_t', HOME: temporaryDirectory(t) };
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr };
}

const TARGET = {
  ...{ name: EVIL, address: EVIL, port: 1, attachment: EVIL, rule: EVIL, health: EVIL, reason: EVIL, lastError: EVIL },
  ...{ weight: 1, requests: 1, activeConnections: 0, draining: 0, history: [{ at: EVIL, health: 'healthy' }] },
};
const STATUS = {
  version: 1,
  engines: [{ name: EVIL, desired: 1, acked: 1, lastError: EVIL }],
  shortages: [{ resource: EVIL, count: 1, lastError: EVIL, lastAt: EVIL }],
  workers: [],
  listeners: [{ id: EVIL, endpoint: EVIL, lastError: EVIL, targets: [TARGET] }],
};
const TOKEN = {
  id: EVIL,
  name: EVIL,
  createdAt: EVIL,
  expiresAt: EVIL,
  statements: [{ actions: [EVIL], resources: [EVIL] }],
};
const OBJECT = {
  id: EVIL,
  owner: EVIL,
  incarnation: 'i',
  version: 1,
  address: EVIL,
  tags: { [EVIL]: EVIL },
  vip: EVIL,
};
const COMMANDS = [
  ['status'],
  ['status', '--json'],
  ['token', 'list'],
  ['token', 'list', '--json'],
  ['token', 'create', 'x', '--allow', 'slb:* on *'],
  ['token', 'create', 'x', '--allow', 'slb:* on *', '--json'],
  ['export'],
];

test('no response of an endpoint reaches the terminal as it is, in results and in errors', async (t) => {
  let isFailing = false;
  const url = await endpoint(t, 'r', (path, response) => {
    const body = path.startsWith('/v1/status')
      ? STATUS
      : path === '/v1/tokens'
        ? { items: [TOKEN], ...TOKEN, token: EVIL }
        : { items: path.startsWith('/v1/load-balancers') ? [OBJECT] : [] };
    const failure = {
      code: 'Forbidden',
      message: EVIL,
      requestId: EVIL,
      details: [{ path: EVIL, message: EVIL, code: EVIL }],
    };
    response.statusCode = isFailing && path !== '/healthz' ? 403 : path === '/v1/tokens' ? 201 : 200;
    response.end(JSON.stringify(isFailing ? failure : body));
  });
  for (const args of COMMANDS) {
    isFailing = false;
    const shown = await weir(t, url, ...args);
    assert.match(shown.stdout, /\\u001b\[2J/, `${args.join(' ')}: ${shown.stderr}`);
    assert.doesNotMatch(shown.stdout + shown.stderr, UNSEEN, args.join(' '));
    if (args.includes('--json')) assert.match(JSON.stringify(JSON.parse(shown.stdout)), /\u202e/);
    else assert.doesNotMatch(shown.stdout + shown.stderr, /^.{0,6}weir: done/m);
    isFailing = true;
    const { stderr } = await weir(t, url, ...args);
    assert.match(stderr, /^weir: .*\\u001b\[2J.*\n$/, args.join(' '));
    assert.doesNotMatch(stderr, UNSEEN, args.join(' '));
  }
});

test('what a real runtime responds has no such characters either', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const headers = { authorization: `Bearer ${runtime.token}`, 'content-type': 'application/json' };
  const put = async (body: object) => {
    const init = { method: 'PUT', headers, body: JSON.stringify(body) };
    return (await fetch(`${runtime.url}/v1/load-balancers/lb`, init)).text();
  };
  const stored = await put({ tags: { a: EVIL } });
  assert.doesNotMatch(stored, UNSEEN);
  assert.deepEqual(JSON.parse(stored).tags, { a: EVIL });
  // Pulumi itself shows the names in maps, as they are.
  const named = JSON.parse(await put({ tags: { [EVIL]: EVIL } }));
  assert.match(named.details[0].message, /^a name must have no control, invisible or direction-changing characters$/);
  const refused = await put({ tags: { [EVIL]: 1 } });
  assert.match(refused, /InvalidParameter/);
  assert.doesNotMatch(refused, UNSEEN);
});

test('a redirect is not followed, also for a delete, and says where to', async (t) => {
  const seen: string[] = [];
  const elsewhere = await endpoint(t, 'r', (path, response) => {
    seen.push(path);
    response.end();
  });
  const url = await endpoint(t, 'r', (path, response) => {
    if (path !== '/healthz') response.writeHead(307, { Location: `${elsewhere}${path}` });
    response.end();
  });
  for (const args of [['status'], ['token', 'revoke', 'abc']]) {
    const { stderr } = await weir(t, url, ...args);
    assert.match(stderr, new RegExp(`redirects to ${elsewhere}/v1/.* \\(status 307\\), which is not followed`));
  }
  assert.deepEqual(seen, []);
});

test('an endless response ends with an error', async (t) => {
  const part = Buffer.alloc(1024 * 1024, 'x');
  const url = await endpoint(t, 'r', (path, response) => {
    if (path === '/healthz') return response.end();
    const more = () => {
      while (!response.destroyed && response.write(part));
    };
    response.on('drain', more);
    more();
  });
  const { stderr } = await weir(t, url, 'status');
  assert.match(stderr, /its response is larger than 67108864 bytes/);
});

test('an error of usage shows its arguments in one line', async (t) => {
  for (const args of [
    [EVIL],
    ['status', `--${EVIL}`],
    ['serve', '--api', EVIL],
    ['token', EVIL],
    ['token', 'create', 'x', '--allow', EVIL],
  ]) {
    const { stderr } = await weir(t, 'http://127.0.0.1:1', ...args);
    assert.match(stderr, /^error: .*\\u001b\[2J\\u000a/);
    assert.doesNotMatch(stderr, UNSEEN);
    assert.doesNotMatch(stderr, /^.{0,6}weir: done/m);
  }
});

test('an endpoint that has proven nothing is read no further than a runtime would write', async (t) => {
  const url = await endpoint(t, 'r', (_path, response) => {
    response.statusCode = 421;
    response.end(JSON.stringify({ code: 'Misdirected', message: 'a'.repeat(1_000_000), requestId: 'x', details: [] }));
  });
  assert.match((await weir(t, url, 'status')).stderr, /^weir: .*its response is larger than 16384 bytes.{0,300}\n$/);
  const copied = await endpoint(t, 'r; touch /tmp/x', (_path, response) => response.end('{}'));
  const { stderr } = await weir(t, copied, 'status');
  assert.match(stderr, /is not a Weir runtime/);
  assert.doesNotMatch(stderr, /touch/);
});

test('an error of any size becomes a message that somebody can read', async (t) => {
  const details = Array.from({ length: 200_000 }, (_, index) => ({ path: '', message: `${'a'.repeat(30)}${index}` }));
  const failure = { code: 'Forbidden', message: 'a'.repeat(2_000_000), requestId: 'x'.repeat(10_000), details };
  const url = await endpoint(t, 'r', (path, response) => {
    if (path !== '/healthz') response.statusCode = 403;
    response.end(path === '/healthz' ? '{}' : JSON.stringify(failure));
  });
  const { stderr } = await weir(t, url, 'status');
  assert.match(stderr, /^weir: a{20000}\.\.\. /);
  assert.ok(stderr.length < 30_000, `${stderr.length}`);
});
