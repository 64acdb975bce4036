// Keys in a stack, from program to runtime: they work, and no output or file shows them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprint } from '../../provider/model/base/secrets.ts';
import { makePair, type Pair, servedName } from '../harness/machine/certificates.ts';
import type { RuntimeProcess } from '../harness/runtime/runtime.ts';
import type { Stack } from '../harness/stack/stack.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

const COOKIE_KEY = 'planted-cookie-key-0123456789';

/** Returns a program with key pairs in the forms that programs use: plain values, and outputs at several depths. */
function program(port: number, main: string, sticky: object = { type: 'cookie', cookieKey: COOKIE_KEY }): string {
  return `
import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import * as weir from 'pulumi-weir';
const pair = (name) => ({
  certificate: readFileSync(name + '.crt', 'utf8'),
  privateKey: readFileSync(name + '.key', 'utf8'),
});
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const web = new weir.Listener('web', {
  loadBalancerId: lb.id,
  protocol: 'HTTPS',
  port: ${port},
  certificates: {
    main: pair('${main}'),
    entry: pulumi.output(pair('entry')),
    key: { ...pair('key'), privateKey: pulumi.output(pair('key').privateKey) },
  },
  stickySession: pulumi.output(${JSON.stringify(sticky)}),
});
export const endpoint = web.endpoint;
`;
}

function writePair(stack: Stack, name: string, { certificate, privateKey }: Pair): void {
  writeFileSync(join(stack.directory, `${name}.crt`), certificate);
  writeFileSync(join(stack.directory, `${name}.key`), privateKey);
}

/** Returns the contents of all files below the folder as one text. */
function contents(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1')).join('\n');
}

/** Returns a line of base64 from the middle of the private key. Every form of the key's text contains this line. */
function bodyOf({ privateKey }: Pair): string {
  const line = privateKey.split('\n')[1] ?? '';
  assert.ok(line.length >= 64);
  return line;
}

async function eventsOf(runtime: RuntimeProcess): Promise<string> {
  const response = await fetch(`${runtime.url}/v1/events`, {
    headers: { authorization: `Bearer ${runtime.token}`, 'last-event-id': '0' },
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes('web')) break;
  }
  return text;
}

test('keys work and are in no file, response, event, log or state, and a second up changes nothing', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  stack.write(program(port, 'one'));
  const pairs = Object.fromEntries(['one', 'two', 'entry', 'key'].map((name) => [name, makePair([`${name}.example`])]));
  for (const [name, pair] of Object.entries(pairs)) writePair(stack, name, pair);
  const { one, two } = pairs as { one: Pair; two: Pair };

  let shown = await stack.done(['preview', '--diff']);
  shown += await stack.up();
  assert.equal(await servedName(port), 'entry.example', 'the first certificate in order of name is served');
  await stack.done(['preview', '--expect-no-changes']);
  stack.write(program(port, 'two'));
  const preview = await stack.done(['preview', '--diff']);
  assert.match(preview, /\[secret\]/);
  assert.match(preview, /web: secret changes: certificates\.main\.privateKey\n/);
  shown += preview + (await stack.up());
  shown += await stack.done(['refresh', '--yes', '--skip-preview', '--expect-no-changes']);
  await stack.done(['preview', '--expect-no-changes']);

  const { text: exported } = await stack.run(['stack', 'export']);
  const home = stack.environment.HOME ?? assert.fail('the stack has no HOME');
  const seen: Record<string, string> = {
    'the commands': shown,
    'the exported state': exported,
    "the stack's backend": contents(home),
    'the data directory': contents(runtime.dataDirectory),
    "the runtime's log": runtime.log(),
    events: await eventsOf(runtime),
  };
  const [{ id }] = (await runtime.done('GET', '/v1/listeners')).items;
  for (const path of [`/v1/listeners/${id}`, '/v1/listeners', '/v1/status', '/openapi.json']) {
    seen[path] = JSON.stringify(await runtime.done('GET', path));
  }
  seen['/metrics'] = await runtime.metrics();
  for (const [place, text] of Object.entries(seen)) {
    assert.ok(text.length > 0, place);
    for (const pair of Object.values(pairs)) assert.ok(!text.includes(bodyOf(pair)), `${place} has a private key`);
    assert.ok(!text.includes(COOKIE_KEY), `${place} has the cookie key`);
  }

  const { certificates, stickySession } = await runtime.done('GET', `/v1/listeners/${id}`);
  assert.equal(certificates.main.privateKeyFingerprint, fingerprint(two.privateKey.trim()));
  assert.equal(stickySession.cookieKeyFingerprint, fingerprint(COOKIE_KEY));
  const { text: open } = await stack.run(['stack', 'export', '--show-secrets']);
  assert.ok(open.includes(bodyOf(two)) && open.includes(COOKIE_KEY), 'the state has the keys, encrypted');
  assert.ok(!open.includes(bodyOf(one)));
  await stack.destroy();
});

test('another key in the runtime is drift that up repairs, and an invalid key pair is refused in preview', async (t) => {
  const { runtime, stack, port } = await stackWorldOf(t);
  stack.write(program(port, 'main'));
  for (const name of ['main', 'entry', 'key']) writePair(stack, name, makePair([`${name}.example`]));
  await stack.up();
  const [stored] = (await runtime.done('GET', '/v1/listeners')).items;
  const { id, owner, incarnation, loadBalancerId, stickySession } = stored;
  const other = makePair(['main.example']);
  await runtime.done('PUT', `/v1/listeners/${id}`, {
    ...{ owner, incarnation, loadBalancerId, protocol: 'HTTPS', port },
    certificates: { main: other },
    stickySession: { type: stickySession.type, cookieKey: 'another-cookie-key-0123456789' },
  });
  await stack.done(['refresh', '--yes', '--skip-preview']);
  const { text: state } = await stack.run(['stack', 'export', '--show-secrets']);
  assert.ok(state.includes(fingerprint(other.privateKey.trim())));
  assert.ok(!state.includes(bodyOf(other)) && !state.includes('another-cookie-key'));
  await stack.up();
  const repaired = await runtime.done('GET', `/v1/listeners/${id}`);
  assert.deepEqual(repaired.certificates, stored.certificates);
  assert.deepEqual(repaired.stickySession, stored.stickySession);

  writePair(stack, 'main', { ...other, privateKey: makePair(['x.example']).privateKey });
  const text = await stack.fails(['preview']);
  assert.match(text, /certificates\.main\.privateKey does not belong to the certificate/);
  await stack.destroy();
});
