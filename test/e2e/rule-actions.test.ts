// Rules that act in a real stack: faults in preview, a rule that becomes a redirect and back under load, redirectHttp.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { startLoad } from '../harness/clients/load.ts';
import { makePair } from '../harness/machine/certificates.ts';
import { planMarkdownOf } from '../harness/plan/plan.ts';
import { until } from '../harness/runtime/runtime.ts';
import { stackWorldOf } from '../harness/stack/world.ts';

/** A stack with one listener, whose rules and attachments the given text adds. */
async function shop(t: TestContext) {
  const world = await stackWorldOf(t);
  const write = (rules: string) =>
    world.stack.write(`
import * as weir from 'pulumi-weir';
const lb = new weir.LoadBalancer('lb', { address: '127.0.0.1' });
const healthCheck = { intervalSeconds: 0.2 };
const http = new weir.Listener('http', { loadBalancerId: lb.id, protocol: 'HTTP', port: ${world.port}, healthCheck });
const rule = (name, args) => new weir.ForwardingRule(name, { listenerId: http.id, healthCheck, ...args });
const bind = (name, to, targets) => new weir.TargetAttachment(name, { ruleId: to.id, targets });
${rules}
`);
  return { ...world, write };
}

/** Sends a GET and returns the status and the Location. */
function locationAt(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(url, { agent: false }, (response) => {
    response.resume();
    resolve([response.statusCode, response.headers.location ?? []].flat().join(' '));
  });
  sent.on('error', reject).end();
  return promise;
}

test('what is wrong with actions is told in the preview, each with its path', async (t) => {
  const { stack, write } = await shop(t);
  const faults: readonly [rules: string, expected: readonly RegExp[]][] = [
    [
      `rule('one', {
        path: '/a',
        redirect: { host: 'a:80', path: '/{url}', port: 0 },
        rewrite: { path: 'v2' },
        responseHeaders: { set: { 'X-A': 'a\\nb', 'X-Real-IP': 'c' }, remove: ['x_a', 'TE'] },
      });`,
      [
        /rewrite is given beside redirect: at most one of redirect, fixedResponse, rewrite may be given/,
        /redirect\.host must be a host name without port: write a/,
        /redirect\.path has "\{url\}", and its placeholders are \{host\}, \{path\}, \{query\}, \{port\}/,
        /redirect\.port must be from 1 to 65535/,
        /rewrite\.path must begin with "\/".*: write \/v2/,
        /responseHeaders\.set\.X-A .*no control characters/,
        /responseHeaders\.set\.X-Real-IP edits X-Real-IP, which no rule may edit: it tells targets about the client/,
        /responseHeaders\.remove\[0\] edits the same header as set\.X-A/,
        /responseHeaders\.remove\[1\] edits TE, which no rule may edit: it belongs to one connection/,
      ],
    ],
    [
      `rule('circle', { host: 'a.example', redirect: { protocol: 'HTTP', host: 'A.example.' } });`,
      [/redirect leads to the URL that was requested: give it another protocol, host, port, path or query/],
    ],
    [
      `bind('bound', rule('none', { path: '/e', redirect: { path: '/f' } }), {});`,
      [/ruleId names a rule that has a redirect, and so takes no targets: leave one of the two out/],
    ],
  ];
  for (const [rules, expected] of faults) {
    write(rules);
    const text = await stack.fails(['preview']);
    for (const fault of expected) assert.match(text, fault);
  }
});

test('a rule becomes a redirect and back in one up each, with its attachment, and no kept client that follows sees a failure', async (t) => {
  const { runtime, stack, write, url, httpBackend } = await shop(t);
  const [shopTarget, newTarget] = [(await httpBackend('shop')).target, (await httpBackend('new')).target];
  const fresh = `bind('fresh', rule('fresh', { path: '/new' }), { a: ${JSON.stringify(newTarget)} });`;
  const plain = `${fresh} bind('shop', rule('shop', { path: '/shop' }), { a: ${JSON.stringify(shopTarget)} });`;
  const redirecting = `${fresh} rule('shop', { path: '/shop', redirect: { path: '/new', status: 307 } });`;
  write(plain);
  await stack.up();
  const load = startLoad({ url: `${url}shop`, clients: 4, follows: true, pauseMs: 2 });
  t.after(() => load.stop());
  const last = (name: string) => until(name, () => load.exchanges.at(-1)?.backend === name || undefined);
  await last('shop');

  write(redirecting);
  const preview = await stack.done(['preview', '--diff']);
  assert.match(preview, /\+ redirect *: \{/);
  const plan = await planMarkdownOf(stack);
  assert.doesNotMatch(plan, /no target left|of the weight of rule/);
  const text = await stack.up();
  assert.match(text, /shop: has a redirect: attachment shop-\w+ binds no targets to it, and has to be deleted/);
  await last('new');
  assert.equal(await locationAt(`${url}shop?a`), `307 ${url}new?a`);
  await stack.done(['preview', '--expect-no-changes']);
  await stack.done(['refresh', '--yes', '--expect-no-changes']);

  write(plain);
  assert.match(await stack.up(), /shop: goes on with its former redirect until an attachment binds targets to it/);
  await last('shop');
  await load.stop();
  assert.deepEqual(load.failures().slice(0, 3), []);
  await stack.done(['preview', '--expect-no-changes']);
  await stack.done(['refresh', '--yes', '--expect-no-changes']);
  const { items } = await runtime.done('GET', '/v1/rules');
  assert.deepEqual(
    items.flatMap(({ redirect = [] }) => redirect),
    [],
  );
  await stack.destroy();
});

test('redirectHttp leads every request to the HTTPS listener of a service, and a service without one is refused', async (t) => {
  const { stack, port, freePort, httpBackend, runtime } = await stackWorldOf(t);
  const httpsPort = await freePort();
  const { target } = await httpBackend('a');
  const program = (protocol: string) => `
import * as weir from 'pulumi-weir';
new weir.Service('shop', {
  address: '127.0.0.1',
  redirectHttp: ${port},
  listeners: { web: { protocol: '${protocol}', port: ${httpsPort}, certificates: ${JSON.stringify({ main: makePair(['a.example']) })} } },
  targets: { a: ${JSON.stringify(target)} },
});
`;
  const wrong = program('HTTP').replace(/certificates: \{.*\} \} \},/, '} },');
  stack.write(wrong);
  assert.match(await stack.fails(['preview']), /redirectHttp needs one listener with protocol "HTTPS" .* there are 0/);
  stack.write(program('HTTPS'));
  await stack.up();
  assert.equal(await locationAt(`http://127.0.0.1:${port}/x/y?z`), `301 https://127.0.0.1:${httpsPort}/x/y?z`);
  await stack.done(['preview', '--expect-no-changes']);
  const { listeners } = await runtime.done('GET', '/v1/status');
  const rules = listeners.flatMap((listener: { rules: { action?: string }[] }) => listener.rules);
  assert.deepEqual(
    rules.map(({ action }: { action?: string }) => action),
    ['redirect'],
  );
  await stack.destroy();
});
