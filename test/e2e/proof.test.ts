// A token is sent only to a runtime that has proven on the connection that it knows the token, never to an impostor.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Server, createServer as tcpServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as tlsServer } from 'node:tls';
import { clientOf } from '../../provider/client/connect.ts';
import { PROOF_HEADER } from '../../provider/model/permissions/proof.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { MAIN, RuntimeProcess, temporaryDirectory } from '../harness/runtime/runtime.ts';
import { proofFor } from '../harness/runtime/scripted-runtime.ts';
import { makeToken } from '../harness/runtime/tokens.ts';

interface Impostor {
  readonly url: string;
  /** Every byte that the impostor has received so far. */
  readonly received: () => string;
}

type Disguise = (setting: { runtime: RuntimeProcess; runtimeId: string }) => Server;

/** Asks the real runtime in the client's place, and passes its proof on as one for the client's own connection. */
const passingProofOn: Disguise = ({ runtime, runtimeId }) =>
  createServer((incoming, outgoing) => {
    const { socket, headers, url } = incoming;
    const real = request(`${runtime.url}${url}`, { headers }, (response) => {
      const [code] = String(response.headers[PROOF_HEADER]).split(' ');
      const ends = `127.0.0.1:${socket.remotePort} 127.0.0.1:${socket.localPort}`;
      outgoing.writeHead(200, { 'x-weir-runtime': runtimeId, [PROOF_HEADER]: `${code} ${ends}` });
      response.pipe(outgoing);
    });
    real.end();
  });

function respondingWith(headersFor: (runtimeId: string, incoming: Parameters<typeof proofFor>[0]) => object): Disguise {
  return ({ runtimeId }) =>
    createServer((incoming, outgoing) => {
      outgoing.writeHead(200, { 'x-weir-runtime': runtimeId, ...headersFor(runtimeId, incoming) });
      outgoing.end('{"status":"ok","items":[]}');
    });
}

const IMPOSTORS: Readonly<Record<string, { disguise: Disguise; message: RegExp }>> = {
  'repeats the id of the runtime': {
    disguise: respondingWith(() => ({})),
    message: /did not prove that it knows the token/,
  },
  'gives a proof of rubbish': {
    disguise: respondingWith(() => ({ [PROOF_HEADER]: `${'0'.repeat(64)} 127.0.0.1:1 127.0.0.1:2` })),
    message: /did not prove that it knows the token/,
  },
  'proves to know another token': {
    disguise: respondingWith((runtimeId, incoming) => ({
      [PROOF_HEADER]: proofFor(incoming, runtimeId, `weir_${'a'.repeat(43)}`),
    })),
    message: /did not prove that it knows the token/,
  },
  'passes every byte on to the runtime': {
    disguise: ({ runtime }) => forwarderTo(runtime),
    message: /passes requests on to the runtime, therefore no token was sent: .*weir serve --api-cert/,
  },
  'passes the proof of the runtime on as its own': {
    disguise: passingProofOn,
    message: /did not prove that it knows the token/,
  },
};

async function impostorOf(t: TestContext, server: Server): Promise<Impostor> {
  const parts: Buffer[] = [];
  server.on('connection', (socket) => socket.on('data', (part) => parts.push(part)));
  const port = await listen(t, server, 0);
  return { url: `http://127.0.0.1:${port}`, received: () => Buffer.concat(parts).toString('latin1') };
}

async function listen(t: TestContext, server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Passes every byte on to the runtime, and every byte of the runtime back. */
function forwarderTo({ url }: RuntimeProcess): Server {
  return tcpServer((incoming) => {
    const real = connect(Number(new URL(url).port), '127.0.0.1');
    incoming.on('error', () => real.destroy()).pipe(real);
    real.on('error', () => incoming.destroy()).pipe(incoming);
  });
}

interface Ran {
  readonly status: number;
  readonly stderr: string;
}

/** Runs `weir` beside the servers of the test. */
function weir(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } }, (error, _stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stderr });
    });
  });
}

for (const [name, { disguise, message }] of Object.entries(IMPOSTORS)) {
  test(`an impostor that ${name} gets neither a token nor the body of a write`, async (t) => {
    const runtime = await RuntimeProcess.start(t);
    const runtimeId = (await runtime.call('GET', '/healthz')).headers.get('x-weir-runtime') ?? '';
    const made = await makeToken(runtime, ['slb:* on *']);
    const tokens = { '': runtime.token, [runtime.token]: runtime.token, [made.token]: made.token };
    for (const [given, secret] of Object.entries(tokens)) {
      const impostor = await impostorOf(t, disguise({ runtime, runtimeId }));
      const env = { HOME: runtime.home, WEIR_ENDPOINT: impostor.url, WEIR_TOKEN: given };
      const { status, stderr } = await weir(['status'], env);
      assert.equal(status, 1);
      assert.match(stderr, message);
      const config: Record<string, string> = { 'weir:endpoint': impostor.url, 'weir:token': secret };
      const client = clientOf({ get: (key) => config[key] });
      const call = { kind: 'listeners', id: 'web', expectedRuntime: runtimeId } as const;
      await assert.rejects(client.put(call, { key: 'a-secret-key' }), { code: 'Unauthenticated', message });
      await assert.rejects(client.events({ opened() {}, happened() {} }, t.signal), { message });
      const bytes = impostor.received();
      assert.match(bytes, /GET \/healthz/);
      assert.ok(!bytes.includes(secret.slice(-43)) && !bytes.includes('a-secret-key'), bytes);
    }
  });
}

test('an impostor that takes the port of an ended runtime gets no token of a client that has used the runtime', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const config: Record<string, string> = { 'weir:endpoint': runtime.url, 'weir:token': runtime.token };
  const client = clientOf({ get: (key) => config[key] });
  const runtimeId = await client.runtimeId();
  assert.deepEqual((await client.tokens()).items, []);
  await runtime.end('SIGKILL');
  const server = respondingWith(() => ({}))({ runtime, runtimeId });
  const bytes: Buffer[] = [];
  server.on('connection', (socket) => socket.on('data', (part) => bytes.push(part)));
  await listen(t, server, Number(new URL(runtime.url).port));
  await assert.rejects(client.tokens(), { code: 'Unauthenticated', message: /did not prove/ });
  assert.match(Buffer.concat(bytes).toString(), /healthz/);
  assert.doesNotMatch(Buffer.concat(bytes).toString(), /weir_|[Aa]uthorization/);
});

test('a client without a token sends nothing but the question who is there', async (t) => {
  const runtime = await RuntimeProcess.start(t);
  const impostor = await impostorOf(t, respondingWith(() => ({}))({ runtime, runtimeId: 'rt-unknown' }));
  const config: Record<string, string> = { 'weir:endpoint': impostor.url };
  const client = clientOf({ get: (key) => config[key] });
  const call = { kind: 'listeners', id: 'web', expectedRuntime: undefined } as const;
  await assert.rejects(client.put(call, { key: 'a-secret-key' }), { message: /requires a token, and none was found/ });
  assert.match(impostor.received(), /^GET \/healthz (.+\r\n)+\r\n$/);
});

test('the proof holds for every name of the address, and tells nobody which tokens exist', async (t) => {
  const runtime = await RuntimeProcess.start(t, { api: '[::]:0', args: ['--allow-plaintext'] });
  const { port } = new URL(runtime.url);
  const { id, token } = await makeToken(runtime, ['slb:Describe* on *']);
  for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '[::]']) {
    const { status, stderr } = await weir(['status'], { WEIR_ENDPOINT: `http://${host}:${port}`, WEIR_TOKEN: token });
    assert.equal(status, 0, `${host}: ${stderr}`);
  }
  const nonce = 'n'.repeat(43);
  const asked = async (challenge: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { 'x-weir-challenge': challenge } });
    const { status, headers } = response;
    await response.text();
    return { status, proof: headers.get(PROOF_HEADER)?.replace(/^[0-9a-f]{64} /, '') ?? '' };
  };
  for (const challenge of [nonce, `${nonce} ${id}`, `${nonce} 000000000000`]) {
    const { status, proof } = await asked(challenge);
    assert.equal(status, 200);
    assert.match(proof, /^127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+$/);
  }
  for (const challenge of ['short', `${nonce} admin`, `${nonce} ${id} more`])
    assert.equal((await asked(challenge)).status, 400);
});

test('over TLS, a verified certificate takes the place of the proof, and a certificate that nobody verifies does not', async (t) => {
  const folder = temporaryDirectory(t);
  const pair = makePair(['localhost']);
  const [certificate, key] = [join(folder, 'api.crt'), join(folder, 'api.key')];
  writeFileSync(certificate, pair.certificate);
  writeFileSync(key, pair.privateKey, { mode: 0o600 });
  const runtime = await RuntimeProcess.start(t, { args: ['--api-cert', certificate, '--api-key', key] });
  const through = `https://localhost:${await listen(t, forwarderTo(runtime), 0)}`;
  const env = { WEIR_ENDPOINT: through, WEIR_TOKEN: runtime.token };
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${runtime.token}\n`);
  const reach = ['--endpoint', through, '--token-file', tokenFile, '--ca', certificate];
  const misled = { WEIR_ENDPOINT: 'http://127.0.0.1:1', WEIR_TOKEN: 'weir_x', WEIR_CA: '/nowhere' };
  const commands = [['status'], ['token', 'list'], ['backup', join(folder, 'backup')]];
  const verified = [
    await weir(['status'], { ...env, WEIR_CA: certificate }),
    ...(await Promise.all(commands.map((command) => weir([...command, ...reach], misled)))),
  ];
  for (const { status, stderr } of verified) assert.equal(status, 0, stderr);
  // A command does not read the configuration of a stack, and its messages do not name it.
  const FAILED: readonly (readonly [args: readonly string[], env: NodeJS.ProcessEnv, advice: RegExp])[] = [
    [['status'], env, /in --ca \/ WEIR_CA$/m],
    [['status'], misled, /WEIR_CA is neither a PEM text nor a file that can be read: \/nowhere does not exist/],
    [['status', '--ca', key], env, /the file .*api\.key of --ca has no certificate/],
    [['status', '--endpoint', 'http://127.0.0.1:1'], env, /set --endpoint \/ WEIR_ENDPOINT$/m],
    [
      ['status', '--ca', certificate],
      { ...env, WEIR_TOKEN: '', HOME: folder },
      /none was found in --token-file, WEIR_TOKEN or ~\/\.weir/,
    ],
  ];
  for (const [args, given, advice] of FAILED) {
    const { stderr } = await weir(args, given);
    assert.match(stderr, advice);
    assert.doesNotMatch(stderr, /weir:[a-z]|\n./);
  }
  const careless = { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  assert.match((await weir(['status'], careless)).stderr, /passes requests on to the runtime/);
  assert.equal((await weir(['status'], { ...careless, WEIR_ENDPOINT: runtime.url })).status, 0);

  const parts: Buffer[] = [];
  const stranger = tlsServer({ cert: pair.certificate, key: pair.privateKey }, (socket) => {
    socket.on('data', (part) => {
      parts.push(part);
      socket.write('HTTP/1.1 200 OK\r\nX-Weir-Runtime: rt\r\nContent-Length: 2\r\n\r\n{}');
    });
    socket.on('error', () => {});
  });
  const endpoint = `https://localhost:${await listen(t, stranger, 0)}`;
  assert.match((await weir(['status'], { ...careless, WEIR_ENDPOINT: endpoint })).stderr, /did not prove/);
  assert.doesNotMatch(Buffer.concat(parts).toString(), /weir_/);
});
